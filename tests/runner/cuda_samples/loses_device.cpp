// SPDX-License-Identifier: Apache-2.0
// A strategy for four tokens only, whose kernel costs the last rank its device.
#include <array>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/strategy.hpp"
#include "device_code/losing_kernel.hpp"

namespace {

using namespace arbiter;

class LosingOperation : public Operation {
 public:
  explicit LosingOperation(std::shared_ptr<cuda::Kernel> kernel) : kernel_(std::move(kernel)) {}
  void enqueue(const Bindings& /*unused*/) override {
    if (kernel_ != nullptr) kernel_->launch({.grid = 1, .block = 32}, {});
  }

 private:
  std::shared_ptr<cuda::Kernel> kernel_;
};

class LosesDevice : public Strategy {
 public:
  explicit LosesDevice(const Parameters& /*none*/) {}
  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return true; }
  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& /*group*/) const override {
    return problem.num_tokens == 4 ? Support::yes() : Support::no("it takes four tokens");
  }
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    const bool loses = preparation.group.rank() + 1 == preparation.group.size();
    if (!loses) return std::make_unique<LosingOperation>(nullptr);
    const std::array parts{cuda::losing_kernel_code(preparation.problem.dtype)};
    auto& backend = dynamic_cast<cuda::CudaBackend&>(preparation.backend);
    return std::make_unique<LosingOperation>(backend.link(parts, "lose_the_device"));
  }
};

}  // namespace

ARBITER_PLUGIN(LosesDevice, {.kind = PluginKind::strategy,
                             .name = "LOSES_DEVICE",
                             .version = "1.0",
                             .summary = "Costs a rank its device",
                             .backend = "cuda",
                             .table_id = 141})
