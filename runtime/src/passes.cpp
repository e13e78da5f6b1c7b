// SPDX-License-Identifier: Apache-2.0
#include "passes.hpp"

#include <algorithm>
#include <string_view>

#include "decision.hpp"
#include "driver.hpp"
#include "pass_shape.hpp"
#include "rms_norm/nvfp4_layout.hpp"
#include "rms_norm/rms_norm_tensors.hpp"

namespace arbiter::runtime {

namespace {

constexpr std::array<const char*, 3> entries{"arbiter_epilogue_pass_1", "arbiter_epilogue_pass_3",
                                             "arbiter_epilogue_pass_wide"};

}  // namespace

Passes::Passes(const std::string& name, const Device& device)
    : module_(name), multiprocessors_(driver().attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device.ordinal)) {
  for (std::size_t i = 0; i < entries.size(); ++i) functions_.at(i) = module_.function(entries.at(i));
}

void Passes::launch(const void* reduced, const cuda::EpilogueArguments& epilogue, arbiter_dtype dtype,
                    arbiter_stream_t stream) const {
  static const Problem blank;  // whose name is looked up once
  Problem problem = blank;
  problem.dtype = static_cast<DType>(dtype);
  problem.hidden_size = epilogue.hidden_size;
  problem.num_tokens = epilogue.num_tokens;
  const cuda::PassShape shape = cuda::pass_shape(problem);
  const std::string_view entry = shape.entry;
  const auto place = std::ranges::find(entries, entry) - entries.begin();
  // Its blocks do not wait for each other; four on a multiprocessor hide latency.
  const std::int64_t most = std::int64_t{4} * multiprocessors_;
  CUlaunchConfig config{};
  config.gridDimX = static_cast<unsigned>(std::clamp<std::int64_t>(shape.blocks, 1, most));
  config.gridDimY = config.gridDimZ = 1;
  config.blockDimX = shape.block;
  config.blockDimY = config.blockDimZ = 1;
  config.hStream = stream;
  int group_threads = static_cast<int>(shape.group_threads);
  bool needs_row = true;
  cuda::EpilogueArguments arguments = epilogue;
  std::array<void*, 4> parameters{&reduced, &arguments, &group_threads, &needs_row};
  driver().check(driver().launch(&config, functions_.at(static_cast<std::size_t>(place)), parameters.data(), nullptr),
                 "launch the kernel after NCCL");
}

std::int64_t scale_offset(const arbiter_operation& operation, std::int64_t row) {
  const Nvfp4Scales scales{
      operation.scale_layout == ARBITER_SCALES_LINEAR ? ScaleLayout::linear : ScaleLayout::swizzled,
      operation.num_tokens, nvfp4_blocks(operation.hidden_size)};
  return scales.row_offset(static_cast<std::uint32_t>(row));
}

cuda::EpilogueArguments epilogue_of(const arbiter_operation& operation, std::int64_t first, std::int64_t count) {
  const bool has_rows = operation.hidden_size != 0;
  const std::int64_t row = has_rows ? operation.hidden_size : 1;
  const std::int64_t bytes = bytes_of(operation.dtype);
  const auto moved = [](const void* address, std::int64_t by) {
    return const_cast<void*>(static_cast<const void*>(static_cast<const std::byte*>(address) + by));
  };
  cuda::EpilogueArguments epilogue{};
  epilogue.num_tokens = has_rows ? count : 1;
  epilogue.hidden_size = has_rows ? operation.hidden_size : count;
  if (operation.fusion == ARBITER_NONE) {
    epilogue.tensors[0] = moved(operation.output, first * row * bytes);
    return epilogue;
  }
  RmsNormTensors tensors{.norm_out = operation.fusion == ARBITER_RESIDUAL_RMS_NORM};
  if (operation.fusion == ARBITER_RESIDUAL_RMS_NORM_QUANT_FP8) tensors.quantization = Quantization::fp8;
  if (operation.fusion == ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4) tensors.quantization = Quantization::nvfp4;
  epilogue.tensors[RmsNormTensors::residual] = moved(operation.residual_in, first * row * bytes);
  epilogue.tensors[RmsNormTensors::gamma] = moved(operation.weight, 0);
  epilogue.tensors[tensors.residual_out()] = moved(operation.residual_out, first * row * bytes);
  if (tensors.norm_out) epilogue.tensors[tensors.norm_output()] = moved(operation.norm_out, first * row * bytes);
  if (tensors.has_scale_input()) epilogue.tensors[RmsNormTensors::quant_scale] = moved(operation.scale, 0);
  if (tensors.quantization == Quantization::fp8) {
    epilogue.tensors[tensors.quant_out()] = moved(operation.quant_out, first * row);
  } else if (tensors.quantization == Quantization::nvfp4) {
    epilogue.tensors[tensors.quant_out()] = moved(operation.quant_out, first * ((row + 1) / 2));
    epilogue.tensors[tensors.scale_out()] = moved(operation.scales_out, scale_offset(operation, first));
  }
  epilogue.scalars[rms_norm_inverse_count] = static_cast<float>(1.0 / static_cast<double>(operation.hidden_size));
  epilogue.scalars[rms_norm_eps] = static_cast<float>(operation.epsilon);
  epilogue.scalars[rms_norm_swizzled] = operation.scale_layout == ARBITER_SCALES_SWIZZLED ? 1.0F : 0.0F;
  epilogue.scalars[rms_norm_weight_bias] = static_cast<float>(operation.weight_bias);
  return epilogue;
}

}  // namespace arbiter::runtime
