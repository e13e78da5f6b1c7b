// SPDX-License-Identifier: Apache-2.0
#include "cuda_common/tile_kernel.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <utility>
#include <vector>

#include "arbiter/error.hpp"
#include "device_code/plain.hpp"
#include "device_code/programmatic.hpp"

namespace arbiter::cuda {

namespace {

constexpr unsigned char empty_byte = 0xff;
// The first operations of every strategy pass the end of the counter's range, so that wrapping around is tested always.
constexpr EpochState first_state{.epoch = 0xffffff80U, .groups_started = 0, .groups = {}};

bool is_aligned(const void* address) { return reinterpret_cast<std::uintptr_t>(address) % TilePlan::vector_bytes == 0; }

bool is_aligned(const Bindings& bindings) {
  return is_aligned(bindings.input) &&
         std::ranges::all_of(bindings.tensors, [](const void* tensor) { return is_aligned(tensor); });
}

}  // namespace

DeviceCode neighbours_code(const TilePlan& plan) {
  return plan.programmatic ? programmatic_code(DType::bfloat16) : plain_code(DType::bfloat16);
}

LamportMemory::LamportMemory(CudaBackend& backend, ProcessGroup& group, std::size_t slot_bytes)
    : backend_(&backend),
      rank_(group.rank()),
      ranks_(group.size()),
      slots_(backend.share(group, slot_bytes, empty_byte)),
      state_(backend.allocate(sizeof first_state)) {
  backend.copy_in(state_->data(), &first_state, sizeof first_state);
  std::random_device random;
  token_ = (static_cast<std::uint64_t>(random()) << 32U) | random() | 1U;
  group.broadcast(&token_, sizeof token_, 0);
  group.barrier();  // no peer may push into slots that are not empty yet
}

bool LamportMemory::can_reuse(const LamportMemory* kept, const CudaBackend& backend, ProcessGroup& group, bool fits) {
  const bool usable = kept != nullptr && fits && !kept->slots_->broken() && kept->backend_ == &backend &&
                      kept->rank_ == group.rank() && kept->ranks_ == group.size();
  const std::uint64_t own = usable ? kept->token_ : 0;
  std::vector<std::uint64_t> tokens(static_cast<std::size_t>(group.size()));
  group.all_gather(&own, tokens.data(), sizeof own);
  return std::ranges::all_of(tokens, [&](std::uint64_t token) { return token != 0 && token == tokens.front(); });
}

std::shared_ptr<LamportMemory> LamportMemory::reuse_or_make(std::shared_ptr<LamportMemory>& kept, CudaBackend& backend,
                                                            ProcessGroup& group, std::size_t slot_bytes) {
  if (can_reuse(kept.get(), backend, group, kept != nullptr && kept->slot_bytes() >= slot_bytes)) return kept;
  kept.reset();
  kept = std::make_shared<LamportMemory>(backend, group, slot_bytes);
  return kept;
}

TileKernel::TileKernel(const Preparation& preparation, DeviceCode code, std::string family, TilePlan plan)
    : problem_(preparation.problem),
      backend_(dynamic_cast<CudaBackend&>(preparation.backend)),
      code_(std::move(code)),
      family_(std::move(family)),
      plan_(plan),
      epilogue_(preparation.fusion.device_epilogue(problem_)),
      bound_(backend_.spin_bound(preparation.timeout, preparation.group)),
      rank_(preparation.group.rank()) {
  const bool aligned =
      plan_.has_aligned_kernel && problem_.hidden_size * size_of(problem_.dtype) % TilePlan::vector_bytes == 0;
  // Now, since a link takes up to seconds.
  if (aligned) aligned_ = link(true);
  if (!aligned || preparation.alignment % TilePlan::vector_bytes != 0) any_ = link(false);
  launch_.block = plan_.block;
  launch_.cluster = static_cast<unsigned>(plan_.blocks);
  launch_.shared_bytes = plan_.shared_bytes();
  launch_.exclusive_sm = plan_.exclusive_sm;
  launch_.programmatic = plan_.programmatic;
  grid_of_any_ = any_ != nullptr ? grid_of(*any_) : 0;
  launch_.grid = aligned ? grid_of(*aligned_) : grid_of_any_;
}

unsigned TileKernel::grid_of(const Kernel& kernel) const {
  const std::int64_t at_once = std::max(1, kernel.resident_blocks(launch_) / plan_.blocks);
  return static_cast<unsigned>(std::clamp<std::int64_t>(plan_.tiles, 1, at_once) * plan_.blocks);
}

std::shared_ptr<Kernel> TileKernel::link(bool aligned) const {
  const std::array parts{code_, neighbours_code(plan_), epilogue_.code};
  return backend_.link(parts,
                       family_ + "_" + plan_.name() + (aligned ? "_aligned_" : "_") + std::to_string(problem_.tp_size));
}

void TileKernel::describe(TileArguments& arguments, const LamportMemory& memory) const {
  arguments.state = memory.state();
  arguments.num_tokens = problem_.num_tokens;
  arguments.hidden_size = problem_.hidden_size;
  arguments.vectors_per_row = static_cast<std::uint32_t>(plan_.vectors_per_row);
  arguments.rank = rank_;
  arguments.trigger = plan_.trigger;
  arguments.bound = memory.guarded(bound_);
}

void TileKernel::bind(TileArguments& arguments, const Bindings& bindings) const {
  arguments.input = bindings.input;
  arguments.epilogue = epilogue_arguments(problem_, bindings, epilogue_);
}

void TileKernel::launch_with(void* parameter, const Bindings& bindings) const {
  const bool aligned = aligned_ != nullptr && is_aligned(bindings);
  if (!aligned && any_ == nullptr) throw Error("a tensor is not aligned to 16 bytes, as was promised to prepare()");
  auto launch = launch_;
  if (!aligned) launch.grid = std::min(launch.grid, grid_of_any_);
  (aligned ? *aligned_ : *any_).launch(launch, {&parameter, 1});
}

}  // namespace arbiter::cuda
