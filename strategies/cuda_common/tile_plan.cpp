// SPDX-License-Identifier: Apache-2.0
#include "cuda_common/tile_plan.hpp"

#include <algorithm>
#include <limits>

namespace arbiter::cuda {

std::optional<Trigger> trigger_named(std::string_view name) {
  if (name == "early") return Trigger::early;
  if (name == "late") return Trigger::late;
  if (name == "none") return Trigger::none;
  return std::nullopt;
}

bool TilePlan::prefers_exclusive_sm(int multiprocessors) const {
  const std::int64_t all = tiles * blocks;
  const std::int64_t largest_blocks = all * block / largest_block;
  // The next kernel's blocks then wait on other multiprocessors, as long as there are any.
  if (all <= multiprocessors) return whole_rows ? all >= multiprocessors / 8 : block >= 64 && block <= 128;
  // So few tiles per multiprocessor that two blocks disturb each other; with more, a second block hides latency.
  return block >= 256 && 2 * all > 3 * std::int64_t{multiprocessors} &&
         largest_blocks <= 4 * std::int64_t{multiprocessors};
}

std::string TilePlan::name() const {
  if (!whole_rows) return "flat";
  if (blocks > 1) return blocks == 2 ? "pair" : "quad";
  return per_thread > 0 ? "rows" + std::to_string(per_thread) : "wide";
}

std::int64_t vectors_in_row(const Problem& problem) {
  const std::int64_t vector = TilePlan::vector_bytes / size_of(problem.dtype);
  return (problem.hidden_size + vector - 1) / vector;
}

int blocks_for_row(int tp_size, std::int64_t vectors, std::int64_t rows, int multiprocessors,
                   const TileParameters& parameters) {
  constexpr std::int64_t threads = TilePlan::largest_block;
  const bool programmatic = parameters.programmatic;
  if (vectors <= threads / 2 || vectors > 4 * threads) return 1;
  const bool two_vectors = vectors > threads && vectors <= 2 * threads;
  if (two_vectors && tp_size == 2 && parameters.polls_together && !programmatic) {
    // A row has the same bits in one block as in two (row_parts in cuda_common/tiles.cuh).
    return vectors > threads * 15 / 8 && rows <= multiprocessors / 16 ? 2 : 1;
  }
  if (parameters.batch_invariant) rows = std::numeric_limits<std::int64_t>::max();
  // A cluster takes longer to launch, which only a programmatic launch hides.
  const bool few_rows = rows <= multiprocessors / (programmatic ? 2 : 16);
  if (vectors <= threads) return programmatic && few_rows ? 2 : 1;
  const bool in_registers = vectors <= threads * TilePlan::most_per_thread(tp_size);
  if (two_vectors) return in_registers && !few_rows && rows <= multiprocessors ? 1 : 2;
  // Without the registers the alternative is shared memory.
  return !in_registers || rows <= multiprocessors / 16 ? 4 : 1;
}

TilePlan plan_tiles(const Problem& problem, bool needs_row, const TileSettings& settings) {
  constexpr std::int64_t warp = 32;
  const auto whole_warps = [](std::int64_t threads) { return (threads + warp - 1) / warp * warp; };
  const std::int64_t width = vectors_in_row(problem);
  TilePlan plan;
  plan.programmatic = settings.programmatic;
  plan.whole_rows = needs_row;
  plan.vectors_per_row = static_cast<int>(width);
  if (needs_row) {
    const std::int64_t each = (width + TilePlan::largest_block - 1) / TilePlan::largest_block;
    const int blocks = settings.blocks_per_row;
    if (blocks > 1 && each <= blocks) {
      plan.blocks = blocks;
      plan.block = static_cast<unsigned>(whole_warps((width + blocks - 1) / blocks));
    } else {
      plan.per_thread = each <= TilePlan::most_per_thread(problem.tp_size) ? static_cast<int>(each) : 0;
      plan.block = plan.per_thread > 0 ? static_cast<unsigned>(whole_warps((width + each - 1) / each))
                                       : static_cast<unsigned>(TilePlan::wide_block);
    }
    plan.has_aligned_kernel = plan.per_thread > 0;
    plan.per_tile = plan.vectors_per_row;
    plan.tiles = problem.num_tokens;
  } else {
    const std::int64_t vectors = width * problem.num_tokens;
    const std::int64_t most = settings.most_flat_threads;
    const std::int64_t least = settings.programmatic ? warp : std::min(4 * warp, most);
    const std::int64_t each = (vectors + settings.target_blocks - 1) / settings.target_blocks;
    plan.block = static_cast<unsigned>(std::clamp(whole_warps(each), least, most));
    plan.per_tile = static_cast<int>(plan.block);
    plan.tiles = (vectors + plan.block - 1) / plan.block;
  }
  return plan;
}

TilePlan complete_plan(const Problem& problem, bool needs_row, const TileParameters& parameters,
                       const DeviceTraits& traits) {
  TileSettings settings{parameters.target_blocks, parameters.flat_block, 1,
                        parameters.programmatic && traits.has_clusters};
  if (traits.has_clusters && parameters.blocks_per_row > 0) settings.blocks_per_row = parameters.blocks_per_row;
  if (traits.has_clusters && parameters.blocks_per_row == 0) {
    settings.blocks_per_row = blocks_for_row(problem.tp_size, vectors_in_row(problem), problem.num_tokens,
                                             traits.multiprocessors, parameters);
  }
  TilePlan plan = plan_tiles(problem, needs_row, settings);
  plan.exclusive_sm = parameters.exclusive_sm < 0
                          ? plan.programmatic && plan.prefers_exclusive_sm(traits.multiprocessors)
                          : parameters.exclusive_sm == 1;
  plan.trigger = parameters.trigger;
  return plan;
}

}  // namespace arbiter::cuda
