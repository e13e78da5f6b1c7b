// SPDX-License-Identifier: Apache-2.0
// Time of one token row on the host, per instruction set: the reduction over ranks, and the epilogue of each fusion.
// Bytes are those of the tensors that a row reads and writes.
#include <random>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "arbiter/fusion.hpp"
#include "host/row_kernels_isa.hpp"
#include "measure/verification.hpp"
#include "rms_norm/rms_norm_epilogue.hpp"
#include "rms_norm/rms_norm_fusion.hpp"

namespace {

using namespace arbiter;

constexpr std::int64_t rows = 4;  // used in turn, so that no row finds only its own data in the cache

/// Tensors of one form, filled with random values between 0.5 and 1.5.
class Tensors {
 public:
  explicit Tensors(const std::vector<TensorSpec>& specs) {
    for (const TensorSpec& spec : specs) {
      memory_.emplace_back(static_cast<std::size_t>(spec.bytes()));
      if (spec.role == TensorRole::input) fill(spec.dtype, spec.units, memory_.back().data());
      if (spec.units > 1) bytes_per_row_ += spec.bytes() / (spec.name == "gamma" ? 1 : rows);
    }
    for (auto& tensor : memory_) pointers_.push_back(tensor.data());
  }
  [[nodiscard]] Bindings bindings() const { return {nullptr, pointers_}; }
  [[nodiscard]] std::int64_t bytes_per_row() const { return bytes_per_row_; }

  static void fill(DType dtype, std::int64_t count, void* to) {
    std::mt19937 random(3);
    std::uniform_real_distribution<float> uniform(0.5F, 1.5F);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = uniform(random);
    row_kernels(dtype).store(values.data(), to, count);
  }

 private:
  std::vector<std::vector<std::byte>> memory_;
  std::vector<void*> pointers_;
  std::int64_t bytes_per_row_ = 0;
};

void reduce(benchmark::State& state, Isa isa, int ranks, std::int64_t hidden_size) {
  const RowKernels& kernels = row_kernels(DType::bfloat16, isa);
  std::vector<std::vector<std::uint16_t>> messages(static_cast<std::size_t>(ranks),
                                                   std::vector<std::uint16_t>(static_cast<std::size_t>(hidden_size)));
  std::vector<const void*> inputs;
  for (auto& message : messages) {
    Tensors::fill(DType::bfloat16, hidden_size, message.data());
    inputs.push_back(message.data());
  }
  std::vector<float> sum(static_cast<std::size_t>(hidden_size));
  for (auto _ : state) {
    kernels.reduce(inputs.data(), ranks, hidden_size, sum.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * hidden_size * (2 * ranks + 4));
}

void none(benchmark::State& state, Isa isa, std::int64_t hidden_size) {
  const RowKernels& kernels = row_kernels(DType::bfloat16, isa);
  std::vector<float> sum(static_cast<std::size_t>(hidden_size), 1.1F);
  std::vector<std::uint16_t> reduced(sum.size());
  for (auto _ : state) {
    kernels.store(sum.data(), reduced.data(), hidden_size);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * hidden_size * 6);
}

void rms_norm(benchmark::State& state, Isa isa, const RmsNormForm& form, std::int64_t hidden_size) {
  const Problem problem{2, DType::bfloat16, "", hidden_size, rows};
  const Tensors tensors(form.tensors(problem));
  const Bindings bindings = tensors.bindings();
  const RmsNormEpilogue epilogue(problem, form, isa);
  const std::vector<float> sum(static_cast<std::size_t>(hidden_size), 1.1F);
  auto* residual_out = static_cast<std::byte*>(bindings.tensors[form.residual_out()]);
  std::int64_t row = 0;
  for (auto _ : state) {
    void* epilogue_state = residual_out + row * hidden_size * 2;
    const float scalar = epilogue.begin_row(bindings, row, sum.data(), epilogue_state);
    epilogue.finish_row(bindings, row, epilogue_state, scalar);
    benchmark::ClobberMemory();
    row = (row + 1) % rows;
  }
  const std::int64_t bytes = tensors.bytes_per_row() + hidden_size * 4;
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * bytes);
}

constexpr std::int64_t checked_hidden_size = 4096;

/// The exact sum of one row over the ranks, which every result of a message is compared with; bytes are those of the
/// messages.
void sum_of_ranks(benchmark::State& state, int ranks) {
  const Problem problem{ranks, DType::bfloat16, "", checked_hidden_size, rows};
  std::vector<double> sum(static_cast<std::size_t>(checked_hidden_size));
  std::vector<double> tolerance(sum.size());
  for (auto _ : state) {
    sum_of_row(problem, {}, 0, 1, 1e-6, sum, tolerance);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * checked_hidden_size * 2 * ranks);
}

/// Time of the check of one row; bytes are those of the tensors.
void check(benchmark::State& state, const Fusion& fusion) {
  const Problem problem{2, DType::bfloat16, "", checked_hidden_size, rows};
  const Tensors tensors(fusion.tensors(problem));
  const std::vector<double> sum(static_cast<std::size_t>(checked_hidden_size), 1.1);
  const std::vector<double> tolerance(sum.size(), 1e-6);
  for (auto _ : state) benchmark::DoNotOptimize(fusion.check_row(problem, tensors.bindings(), 1, sum, tolerance));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * tensors.bytes_per_row());
}

void add(Isa isa, std::int64_t hidden_size) {
  const auto name = [&](std::string_view what) { return fmt::format("{}/{}/{}", what, hidden_size, name_of(isa)); };
  for (const int ranks : {2, 4, 8}) {
    benchmark::RegisterBenchmark(name(fmt::format("reduce_{}", ranks)).c_str(), reduce, isa, ranks, hidden_size);
  }
  benchmark::RegisterBenchmark(name("NONE").c_str(), none, isa, hidden_size);
  const std::pair<const char*, RmsNormForm> forms[] = {
      {"RESIDUAL_RMS_NORM", {true, Quantization::none}},
      {"RESIDUAL_RMS_NORM_QUANT_FP8", {false, Quantization::fp8}},
      {"RESIDUAL_RMS_NORM_OUT_QUANT_FP8", {true, Quantization::fp8}},
      {"RESIDUAL_RMS_NORM_QUANT_NVFP4", {false, Quantization::nvfp4}},
      {"RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4", {true, Quantization::nvfp4}},
      {"RESIDUAL_RMS_NORM_QUANT_DYNAMIC_FP8", {false, Quantization::dynamic_fp8}},
      {"RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8", {true, Quantization::dynamic_fp8}},
      {"RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8", {false, Quantization::group_fp8}},
      {"RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8", {true, Quantization::group_fp8}},
  };
  for (const auto& [fusion, form] : forms) {
    benchmark::RegisterBenchmark(name(fusion).c_str(), rms_norm, isa, form, hidden_size);
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::int64_t hidden_size : {4096, 8192}) {
    for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
      if (isa <= processor_isa()) add(isa, hidden_size);
    }
  }
  for (const int ranks : {2, 4, 8}) {
    benchmark::RegisterBenchmark(fmt::format("sum/{}/4096", ranks).c_str(), sum_of_ranks, ranks);
  }
  const RmsNormFusion rms(RmsNormForm{true, Quantization::none});
  const RmsNormFusion fp8(RmsNormForm{false, Quantization::fp8});
  const RmsNormFusion nvfp4(RmsNormForm{false, Quantization::nvfp4});
  benchmark::RegisterBenchmark("check/RESIDUAL_RMS_NORM/4096", [&](benchmark::State& state) { check(state, rms); });
  benchmark::RegisterBenchmark("check/RESIDUAL_RMS_NORM_QUANT_FP8/4096",
                               [&](benchmark::State& state) { check(state, fp8); });
  benchmark::RegisterBenchmark("check/RESIDUAL_RMS_NORM_QUANT_NVFP4/4096",
                               [&](benchmark::State& state) { check(state, nvfp4); });
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
