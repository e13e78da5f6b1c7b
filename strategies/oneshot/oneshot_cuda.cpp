// SPDX-License-Identifier: Apache-2.0
// ONESHOT on CUDA, host side: workspace, kernel and launch. The kernels are in oneshot.cu.
#include <algorithm>

#include "arbiter/strategy.hpp"
#include "cuda_common/tile_kernel.hpp"
#include "cuda_common/tile_options.hpp"
#include "device_code/oneshot.hpp"
#include "oneshot_arguments.hpp"

namespace {

using namespace arbiter;
using oneshot::OneshotArguments;

constexpr std::int64_t buffers = 2;
constexpr std::int64_t slot_bytes = 16;

class OneshotOperation : public Operation {
 public:
  OneshotOperation(const Preparation& preparation, const cuda::TilePlan& plan,
                   std::shared_ptr<cuda::LamportMemory> memory)
      : memory_(std::move(memory)),
        kernel_(preparation, cuda::oneshot_code(preparation.problem.dtype), "oneshot", plan) {
    kernel_.describe(arguments_, *memory_);
    const auto slots = memory_->slots();
    std::copy(slots.begin(), slots.end(), arguments_.slots);
    arguments_.slots_per_source =
        static_cast<std::int64_t>(memory_->slot_bytes()) / slot_bytes / buffers / preparation.problem.tp_size;
  }

  void enqueue(const Bindings& bindings) override {
    memory_->use();
    kernel_.launch(arguments_, bindings);
  }

 private:
  std::shared_ptr<cuda::LamportMemory> memory_;
  cuda::TileKernel kernel_;
  OneshotArguments arguments_{};
};

class Oneshot : public Strategy {
 public:
  explicit Oneshot(const Parameters& values) : options_(values, true) {}

  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return true; }
  [[nodiscard]] Numerics numerics() const override { return Numerics::fp32_rank_order; }

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    return cuda::supports_peer_kernels(problem, group);
  }

  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    auto& backend = dynamic_cast<cuda::CudaBackend&>(preparation.backend);
    const auto& problem = preparation.problem;
    const auto plan = options_.plan(problem, preparation.fusion, backend, preparation.group);
    const auto bytes = static_cast<std::size_t>(buffers * problem.tp_size * plan.tiles * plan.per_tile * slot_bytes);
    auto memory = cuda::LamportMemory::reuse_or_make(memory_, backend, preparation.group, bytes);
    return std::make_unique<OneshotOperation>(preparation, plan, std::move(memory));
  }

 private:
  cuda::TileOptions options_;
  std::shared_ptr<cuda::LamportMemory> memory_;
};

}  // namespace

ARBITER_PLUGIN(Oneshot, {.kind = arbiter::PluginKind::strategy,
                         .name = "ONESHOT",
                         .version = "1.0",
                         .summary = "Every rank pushes its message to all peers and reduces everything",
                         .backend = "cuda",
                         .table_id = 4,
                         .parameters = cuda::tile_parameters,
                         .parameter_count = std::size(cuda::tile_parameters)})
