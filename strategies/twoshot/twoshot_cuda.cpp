// SPDX-License-Identifier: Apache-2.0
// TWOSHOT on CUDA, host side: workspace, kernel and launch. The kernels are in twoshot.cu.
#include <algorithm>

#include "arbiter/strategy.hpp"
#include "cuda_common/tile_kernel.hpp"
#include "cuda_common/tile_options.hpp"
#include "device_code/twoshot.hpp"
#include "twoshot_areas.hpp"

namespace {

using namespace arbiter;
using twoshot::TwoshotAreas;
using twoshot::TwoshotArguments;

class TwoshotOperation : public Operation {
 public:
  TwoshotOperation(const Preparation& preparation, const cuda::TilePlan& plan,
                   std::shared_ptr<cuda::LamportMemory> memory, const TwoshotAreas& areas)
      : memory_(std::move(memory)),
        kernel_(preparation, cuda::twoshot_code(preparation.problem.dtype), "twoshot", plan) {
    kernel_.describe(arguments_, *memory_);
    const auto slots = memory_->slots();
    for (int rank = 0; rank < preparation.problem.tp_size; ++rank) {
      areas.describe(arguments_, rank, preparation.problem.tp_size, slots[static_cast<std::size_t>(rank)]);
    }
  }

  void enqueue(const Bindings& bindings) override {
    memory_->use();
    kernel_.launch(arguments_, bindings);
  }

 private:
  std::shared_ptr<cuda::LamportMemory> memory_;
  cuda::TileKernel kernel_;
  TwoshotArguments arguments_{};
};

class Twoshot : public Strategy {
 public:
  explicit Twoshot(const Parameters& values) : options_(values, false) {}

  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return true; }
  [[nodiscard]] Numerics numerics() const override { return Numerics::fp32_rank_order; }

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    return cuda::supports_peer_kernels(problem, group);
  }

  /// The places of the areas depend only on the workspace's capacity, which grows with the largest message so far: a
  /// slot then has the same role in operations of all shapes.
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    auto& backend = dynamic_cast<cuda::CudaBackend&>(preparation.backend);
    const auto& problem = preparation.problem;
    const auto plan = options_.plan(problem, preparation.fusion, backend, preparation.group);
    const auto needed = TwoshotAreas::of_message(plan, problem.tp_size);
    const bool fits = memory_ != nullptr && needed.owned_slots <= areas_.owned_slots &&
                      needed.all_slots <= areas_.all_slots && needed.all_scalars <= areas_.all_scalars;
    if (!cuda::LamportMemory::can_reuse(memory_.get(), backend, preparation.group, fits)) {
      areas_ = {std::max(areas_.owned_slots, needed.owned_slots), std::max(areas_.all_slots, needed.all_slots),
                std::max(areas_.all_scalars, needed.all_scalars)};
      memory_.reset();
      memory_ = std::make_shared<cuda::LamportMemory>(backend, preparation.group,
                                                      static_cast<std::size_t>(areas_.bytes(problem.tp_size)));
    }
    return std::make_unique<TwoshotOperation>(preparation, plan, memory_, areas_);
  }

 private:
  cuda::TileOptions options_;
  TwoshotAreas areas_{};
  std::shared_ptr<cuda::LamportMemory> memory_;
};

}  // namespace

ARBITER_PLUGIN(Twoshot, {.kind = arbiter::PluginKind::strategy,
                         .name = "TWOSHOT",
                         .version = "1.0",
                         .summary = "Each token is reduced by one rank and shared, in one kernel without a barrier",
                         .backend = "cuda",
                         .table_id = 5,
                         .parameters = cuda::tile_parameters,
                         .parameter_count = std::size(cuda::tile_parameters)})
