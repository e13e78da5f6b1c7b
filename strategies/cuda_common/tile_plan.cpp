// SPDX-License-Identifier: Apache-2.0
#include "cuda_common/tile_plan.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/fusion.hpp"
#include "arbiter/strategy.hpp"

namespace arbiter::cuda {

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

int blocks_for_row(int tp_size, std::int64_t vectors, std::int64_t rows, int multiprocessors, bool programmatic) {
  constexpr std::int64_t threads = TilePlan::largest_block;
  // A cluster takes longer to launch, which only a programmatic launch hides.
  const bool few_rows = rows <= multiprocessors / (programmatic ? 2 : 16);
  if (vectors <= threads / 2 || vectors > 4 * threads) return 1;
  if (vectors <= threads) return programmatic && few_rows ? 2 : 1;
  const bool in_registers = vectors <= threads * TilePlan::most_per_thread(tp_size);
  if (vectors <= 2 * threads) return in_registers && !few_rows && rows <= multiprocessors ? 1 : 2;
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

namespace {

Trigger trigger_named(const std::string& name) {
  if (name == "early") return Trigger::early;
  return name == "late" ? Trigger::late : Trigger::none;
}

}  // namespace

DeviceTraits common_traits(const DeviceTraits& own, ProcessGroup& group) {
  return {static_cast<int>(group.min(own.multiprocessors)), group.all(own.has_clusters)};
}

TileOptions::TileOptions(const Parameters& values)
    : programmatic_(values.boolean("programmatic")),
      trigger_(trigger_named(values.text("trigger"))),
      target_blocks_(static_cast<int>(values.integer("target_blocks"))),
      flat_block_(static_cast<int>(values.integer("flat_block"))),
      exclusive_sm_(values.text("exclusive_sm")),
      blocks_per_row_(values.text("blocks_per_row")),
      batch_invariant_(values.boolean("batch_invariant")) {}

TilePlan TileOptions::plan(const Problem& problem, const Fusion& fusion, const CudaBackend& backend,
                           ProcessGroup& group) const {
  // Clusters, and programmatic launches.
  const auto [multiprocessors, has_clusters] =
      common_traits({backend.multiprocessors(), backend.sm_version() >= 90}, group);
  TileSettings settings{target_blocks_, flat_block_, 1, programmatic_ && has_clusters};
  if (has_clusters && blocks_per_row_ != "auto") settings.blocks_per_row = std::stoi(blocks_per_row_);
  if (has_clusters && blocks_per_row_ == "auto") {
    const std::int64_t rows = batch_invariant_ ? std::numeric_limits<std::int64_t>::max() : problem.num_tokens;
    settings.blocks_per_row =
        blocks_for_row(problem.tp_size, vectors_in_row(problem), rows, multiprocessors, settings.programmatic);
  }
  TilePlan plan = plan_tiles(problem, fusion.device_epilogue(problem).needs_row, settings);
  plan.exclusive_sm = exclusive_sm_ == "auto" ? plan.programmatic && plan.prefers_exclusive_sm(multiprocessors)
                                              : exclusive_sm_ == "yes";
  plan.trigger = trigger_;
  return plan;
}

Support supports_peer_kernels(const Problem& problem, const ProcessGroup& group) {
  if (auto message = supports_message(problem, group); !message) return message;
  constexpr std::array tp_sizes{2, 3, 4, 6, 8};
  if (std::ranges::find(tp_sizes, problem.tp_size) == tp_sizes.end()) {
    return Support::no(
        fmt::format("tp_size is {}; its kernels are made for {}", problem.tp_size, fmt::join(tp_sizes, ", ")));
  }
  if (!group.single_host())
    return Support::no("the ranks are on several hosts; its kernels reach GPUs of one host only");
  const auto largest = TilePlan::largest_hidden_size(problem.dtype);
  if (problem.fusion != no_fusion && problem.hidden_size > largest) {
    return Support::no(fmt::format("hidden_size is {}; a row fits a block up to {}", problem.hidden_size, largest));
  }
  constexpr std::int64_t most_vectors = (std::int64_t{1} << 31) - 1;
  if (problem.message_bytes() / TilePlan::vector_bytes + problem.num_tokens > most_vectors) {
    return Support::no(fmt::format("the message is {} bytes; its kernels count up to 32 GiB", problem.message_bytes()));
  }
  return Support::yes();
}

}  // namespace arbiter::cuda
