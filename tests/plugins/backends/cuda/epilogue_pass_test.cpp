// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>
#include <string>

#include <gmock/gmock.h>

#include "arbiter/fusion.hpp"
#include "arbiter/host/row_kernels.hpp"
#include "gpu_fixture.hpp"
#include "measure/random_data.hpp"

namespace {

using namespace arbiter;

using Bytes = std::vector<std::byte>;

/// Stands for an AllReduce: the input is the reduced message.
class Copies : public Operation {
 public:
  Copies(std::shared_ptr<cuda::Kernel> kernel, std::int64_t bytes) : kernel_(std::move(kernel)), bytes_(bytes) {}
  void enqueue(const Bindings& bindings) override {
    const void* from = bindings.input;
    void* to = bindings.tensors[0];
    const std::vector<void*> arguments{&from, &to, &bytes_};
    kernel_->launch({.grid = 64, .block = 256}, arguments);
  }

 private:
  std::shared_ptr<cuda::Kernel> kernel_;
  std::int64_t bytes_;
};

/// Small whole numbers, so that their sums with a residual are exact.
Bytes whole_numbers(DType dtype, std::int64_t units, std::uint32_t seed) {
  std::vector<float> values(static_cast<std::size_t>(units));
  std::uint32_t state = seed;
  for (float& value : values) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<float>(static_cast<int>(state >> 24U) % 4 - 2);
  }
  Bytes bytes(static_cast<std::size_t>(units * size_of(dtype)));
  row_kernels(dtype).store(values.data(), bytes.data(), units);
  return bytes;
}

class EpiloguePass : public arbiter::testing::GpuFixture, public ::testing::WithParamInterface<DType> {
 protected:
  /// What is wrong with the outputs, or nothing: those that need no scalar have the host epilogue's bits, all pass the
  /// fusion's check.
  static std::string difference(const Fusion& fusion, const Problem& problem) {
    const auto specs = fusion.tensors(problem);
    const Bytes message = whole_numbers(problem.dtype, problem.elements(), 1);
    std::vector<Bytes> host;
    std::vector<std::unique_ptr<Buffer>> device;
    std::vector<void*> host_pointers;
    std::vector<void*> device_pointers;
    for (const TensorSpec& spec : specs) {
      host.emplace_back(static_cast<std::size_t>(spec.bytes()), std::byte{0xa5});
      if (spec.role == TensorRole::input && spec.units == problem.elements()) {
        host.back() = whole_numbers(spec.dtype, spec.units, 2);
      } else if (spec.role == TensorRole::input) {
        random_elements({5, 1, spec.fill_low, spec.fill_high}, spec.dtype, 0, spec.units, host.back().data());
      }
      device.push_back(backend().allocate(host.back().size()));
      backend().copy_in(device.back()->data(), host.back().data(), host.back().size());
      device_pointers.push_back(device.back()->data());
    }
    host_pointers.reserve(host.size());
    for (Bytes& bytes : host) host_pointers.push_back(bytes.data());
    const auto input = backend().allocate(message.size());
    backend().copy_in(input->data(), message.data(), message.size());
    const auto operation = backend().with_epilogue_pass(
        std::make_unique<Copies>(kernel("copy_bytes"), problem.message_bytes()), fusion, problem);
    backend().run(*operation, {input->data(), device_pointers});
    run_on_host(fusion, problem, message, host_pointers);
    const bool has_scalar = fusion.device_epilogue(problem).needs_row;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const Bytes made = bytes_of(device_pointers[i], host[i].size());
      if ((!has_scalar || specs[i].name == "residual_out") && made != host[i]) {
        return to_string(problem) + ": " + specs[i].name;
      }
      host[i] = made;
    }
    return failed_check(fusion, problem, message, {nullptr, host_pointers});
  }

 private:
  /// Of rows in which each group of a block has had a turn, and the last.
  static std::string failed_check(const Fusion& fusion, const Problem& problem, const Bytes& message,
                                  const Bindings& bindings) {
    const auto hidden = static_cast<std::size_t>(problem.hidden_size);
    std::vector<float> values(hidden);
    const std::vector<double> tolerance(hidden, 0.0);
    for (std::int64_t row = 0; row < problem.num_tokens; ++row) {
      if (row >= 8 && row + 1 != problem.num_tokens) continue;
      const auto offset = static_cast<std::size_t>(row * problem.hidden_size * size_of(problem.dtype));
      row_kernels(problem.dtype).load(message.data() + offset, values.data(), problem.hidden_size);
      const std::vector<double> sum(values.begin(), values.end());
      const double error = fusion.check_row(problem, bindings, row, sum, tolerance);
      if (!(error <= 1.0)) {
        return to_string(problem) + ", row " + std::to_string(row) + ": off by " + std::to_string(error);
      }
    }
    return {};
  }

  static void run_on_host(const Fusion& fusion, const Problem& problem, const Bytes& message,
                          const std::vector<void*>& tensors) {
    const auto epilogue = fusion.host_epilogue(problem);
    const auto row_bytes = static_cast<std::size_t>(problem.hidden_size * size_of(problem.dtype));
    std::vector<float> sum(static_cast<std::size_t>(problem.hidden_size));
    Bytes epilogue_state(row_bytes);
    const Bindings bindings{nullptr, tensors};
    for (std::int64_t row = 0; row < problem.num_tokens; ++row) {
      row_kernels(problem.dtype)
          .load(message.data() + static_cast<std::size_t>(row) * row_bytes, sum.data(), problem.hidden_size);
      const float scalar = epilogue->begin_row(bindings, row, sum.data(), epilogue_state.data());
      epilogue->finish_row(bindings, row, epilogue_state.data(), scalar);
    }
  }
};

TEST_P(EpiloguePass, PassesTheCheckOfEveryFusionInEveryShape) {
  int done = 0;
  for (const std::string& name : arbiter::testing::built_plugins().names(PluginKind::fusion)) {
    const auto fusion = arbiter::testing::make_built<Fusion>(PluginKind::fusion, name);
    // Narrow rows, rows that are no multiple of a vector, rows of one block, of three vectors a thread, and wider.
    for (const std::int64_t hidden : {16, 33, 128, 2880, 4096, 7168, 8192, 12'288, 16'384, 40'000}) {
      for (const std::int64_t tokens : {1, 7, 70}) {
        const Problem problem{2, GetParam(), name, hidden, tokens};
        if (!fusion->supports(problem) || !backend().supports(*fusion, problem)) continue;
        EXPECT_EQ(difference(*fusion, problem), "");
        ++done;
      }
    }
  }
  EXPECT_GT(done, 100);
}

using WithoutDeviceCode = arbiter::testing::GpuFixture;

INSTANTIATE_TEST_SUITE_P(Dtypes, EpiloguePass, ::testing::Values(DType::bfloat16, DType::float16, DType::float32),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST_F(WithoutDeviceCode, IsRefusedAsAnEpiloguePass) {
  class HostOnly : public Fusion {
    [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem&) const override { return {}; }
    [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem&) const override { return nullptr; }
    void do_reference_row(const Problem&, const Bindings&, std::int64_t, std::span<const double>,
                          std::span<const double>, std::vector<ReferenceRow>&) const override {}
  };
  const HostOnly fusion;
  const Problem problem{2, DType::bfloat16, "MINE", 128, 4};
  EXPECT_THAT(backend().supports(fusion, problem).reason, ::testing::HasSubstr("MINE has no epilogue for bfloat16"));
  EXPECT_THROW(static_cast<void>(backend().with_epilogue_pass(nullptr, fusion, problem)), Error);
}

}  // namespace
