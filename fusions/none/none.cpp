// SPDX-License-Identifier: Apache-2.0
// NONE: plain AllReduce.
//
// reduced = round(sum), num_tokens x hidden_size of the message dtype, to nearest even. There are no other tensors. A
// strategy that cannot fuse is prepared with it, and the problem's own epilogue then starts from the rounded sum.
#include <algorithm>
#include <cstring>

#include "arbiter/fusion.hpp"
#include "arbiter/host/row_kernels.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/none_epilogue.hpp"
#endif

namespace arbiter {

namespace {

class NoneEpilogue final : public HostEpilogue {
 public:
  explicit NoneEpilogue(const Problem& problem)
      : hidden_size_(problem.hidden_size),
        row_bytes_(static_cast<std::size_t>(problem.hidden_size * size_of(problem.dtype))),
        kernels_(row_kernels(problem.dtype)) {}

  float begin_row(const Bindings&, std::int64_t, const float* sum, void* epilogue_state) const override {
    kernels_.store(sum, epilogue_state, hidden_size_);
    return 0.0F;
  }

  void finish_row(const Bindings& bindings, std::int64_t row, const void* epilogue_state, float) const override {
    auto* reduced = static_cast<std::byte*>(bindings.tensors[0]) + static_cast<std::size_t>(row) * row_bytes_;
    if (reduced != epilogue_state) std::memcpy(reduced, epilogue_state, row_bytes_);
  }

 private:
  std::int64_t hidden_size_;
  std::size_t row_bytes_;
  const RowKernels& kernels_;
};

class None final : public Fusion {
 public:
  explicit None(const Parameters&) {}

  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem& problem) const override {
    return {{"reduced", TensorRole::output, problem.dtype, problem.elements()}};
  }

  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const override {
    return std::make_unique<NoneEpilogue>(problem);
  }

#ifdef ARBITER_HAS_CUDA
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue(const Problem& problem) const override {
    return {.code = cuda::none_epilogue_code(problem.dtype), .needs_row = false};
  }
#endif

  void do_reference_row(const Problem&, const Bindings&, std::int64_t, std::span<const double> sum,
                        std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const override {
    outputs.assign(1, {{sum.begin(), sum.end()}, {tolerance.begin(), tolerance.end()}});
  }
};

}  // namespace

ARBITER_PLUGIN(
    None, {.kind = PluginKind::fusion, .name = "NONE", .version = "1.0", .summary = "No epilogue: the rounded sum"})

}  // namespace arbiter
