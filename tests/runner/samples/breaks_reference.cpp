// SPDX-License-Identifier: Apache-2.0
// The fusion NONE with a reference that ends the process.
#include <csignal>
#include <cstring>

#include "arbiter/fusion.hpp"
#include "arbiter/host/row_kernels.hpp"

namespace {

using namespace arbiter;

class Epilogue : public HostEpilogue {
 public:
  explicit Epilogue(const Problem& problem) : problem_(problem), kernels_(row_kernels(problem.dtype)) {}

  float begin_row(const Bindings&, std::int64_t, const float* sum, void* epilogue_state) const override {
    kernels_.store(sum, epilogue_state, problem_.hidden_size);
    return 0.0F;
  }
  void finish_row(const Bindings& bindings, std::int64_t row, const void* epilogue_state, float) const override {
    const auto bytes = static_cast<std::size_t>(problem_.hidden_size * size_of(problem_.dtype));
    auto* out = static_cast<std::byte*>(bindings.tensors[0]) + static_cast<std::size_t>(row) * bytes;
    if (out != epilogue_state) std::memcpy(out, epilogue_state, bytes);
  }

 private:
  Problem problem_;
  const RowKernels& kernels_;
};

class BreaksReference : public Fusion {
 public:
  explicit BreaksReference(const Parameters&) {}

  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem& problem) const override {
    return {{"reduced", TensorRole::output, problem.dtype, problem.elements()}};
  }
  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const override {
    return std::make_unique<Epilogue>(problem);
  }
  void do_reference_row(const Problem&, const Bindings&, std::int64_t, std::span<const double>, std::span<const double>,
                        std::vector<ReferenceRow>&) const override {
    std::raise(SIGSEGV);
  }
};

}  // namespace

ARBITER_PLUGIN(BreaksReference, {.kind = PluginKind::fusion,
                                 .name = "BREAKS_REFERENCE",
                                 .version = "1",
                                 .summary = "Ends a rank when it is judged"})
