// SPDX-License-Identifier: Apache-2.0
#include "rms_norm/rms_norm_form.hpp"

#include <cstring>

namespace arbiter {

Nvfp4Scales RmsNormForm::scales(const Problem& problem) const {
  return {scale_layout, problem.num_tokens, nvfp4_blocks(problem.hidden_size)};
}

GroupScales RmsNormForm::group_scales(const Problem& problem) const {
  return {group_scale_layout, problem.num_tokens, fp8_groups(problem.hidden_size)};
}

std::vector<TensorSpec> RmsNormForm::tensors(const Problem& problem) const {
  const DType dtype = problem.dtype;
  const std::int64_t elements = problem.elements();
  constexpr auto input = TensorRole::input;
  constexpr auto output = TensorRole::output;
  std::vector<TensorSpec> specs = {{"residual", input, dtype, elements, -1.0, 1.0},
                                   {"gamma", input, dtype, problem.hidden_size, 0.5 - weight_bias, 1.5 - weight_bias}};
  // Test data for which most values fit the narrow format and some saturate.
  if (quantization == Quantization::fp8) specs.push_back({"scale", input, DType::float32, 1, 0.005, 0.02});
  if (quantization == Quantization::nvfp4) specs.push_back({"global_scale", input, DType::float32, 1, 200.0, 600.0});
  specs.push_back({"residual_out", output, dtype, elements});
  if (norm_out) specs.push_back({"norm_out", output, dtype, elements});
  if (quantization == Quantization::nvfp4) {
    specs.push_back({"quant_out", output, DType::float4_e2m1x2, problem.num_tokens * packed_row_bytes(problem)});
    specs.push_back({"scale_out", output, DType::float8_e4m3, scales(problem).bytes()});
  } else if (quantizes()) {
    specs.push_back({"quant_out", output, DType::float8_e4m3, elements});
  }
  if (quantization == Quantization::dynamic_fp8) {
    specs.push_back({"scale_out", output, DType::float32, problem.num_tokens});
  } else if (quantization == Quantization::group_fp8) {
    const GroupScales scales = group_scales(problem);
    const DType scale_dtype = scales.packed() ? DType::float8_e8m0 : DType::float32;
    specs.push_back({"scale_out", output, scale_dtype, scales.bytes() / size_of(scale_dtype)});
  }
  return specs;
}

float scalar_input(const Bindings& bindings, std::size_t tensor) {
  float value = 0.0F;
  std::memcpy(&value, bindings.tensors[tensor], sizeof(value));
  return value;
}

}  // namespace arbiter
