// SPDX-License-Identifier: Apache-2.0
#include "cuda_common/tile_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

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

int blocks_for_row(int tp_size, std::int64_t vectors, std::int64_t rows, int multiprocessors) {
  constexpr std::int64_t threads = TilePlan::largest_block;
  const bool each_has_two = 2 * rows <= multiprocessors;
  if (vectors <= threads / 2 || vectors > 4 * threads) return 1;
  if (vectors <= threads) return each_has_two ? 2 : 1;
  const bool in_registers = vectors <= threads * TilePlan::most_per_thread(tp_size);
  if (vectors <= 2 * threads) return in_registers && !each_has_two && rows <= multiprocessors ? 1 : 2;
  return rows <= (in_registers ? multiprocessors / 16 : multiprocessors) ? 4 : 1;
}

TilePlan plan_tiles(const Problem& problem, bool needs_row, int target_blocks, int flat_block, int blocks) {
  constexpr std::int64_t warp = 32;
  const auto whole_warps = [](std::int64_t threads) { return (threads + warp - 1) / warp * warp; };
  const std::int64_t width = vectors_in_row(problem);
  TilePlan plan;
  plan.whole_rows = needs_row;
  plan.vectors_per_row = static_cast<int>(width);
  if (needs_row) {
    const std::int64_t each = (width + TilePlan::largest_block - 1) / TilePlan::largest_block;
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
    plan.block = static_cast<unsigned>(
        std::clamp<std::int64_t>(whole_warps((vectors + target_blocks - 1) / target_blocks), warp, flat_block));
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
      blocks_per_row_(values.text("blocks_per_row")) {}

TilePlan TileOptions::plan(const Problem& problem, const Fusion& fusion, const CudaBackend& backend,
                           ProcessGroup& group) const {
  const auto [multiprocessors, has_clusters] =
      common_traits({backend.multiprocessors(), backend.sm_version() >= 90}, group);
  int blocks = 1;
  if (has_clusters && blocks_per_row_ != "auto") blocks = std::stoi(blocks_per_row_);
  if (has_clusters && blocks_per_row_ == "auto") {
    blocks = blocks_for_row(problem.tp_size, vectors_in_row(problem), problem.num_tokens, multiprocessors);
  }
  const bool needs_row = fusion.device_epilogue(problem).needs_row;
  TilePlan plan = plan_tiles(problem, needs_row, target_blocks_, flat_block_, blocks);
  plan.exclusive_sm = exclusive_sm_ == "auto" ? plan.prefers_exclusive_sm(multiprocessors) : exclusive_sm_ == "yes";
  plan.programmatic = programmatic_ && has_clusters;
  plan.trigger = trigger_;
  return plan;
}

Support supports_peer_kernels(const Problem& problem, const ProcessGroup& group) {
  if (auto message = supports_message(problem, group); !message) return message;
  if (problem.tp_size != 2 && problem.tp_size != 4 && problem.tp_size != 8) {
    return Support::no(fmt::format("tp_size is {}; its kernels are made for 2, 4 and 8", problem.tp_size));
  }
  if (!group.single_host())
    return Support::no("the ranks are on several hosts; its kernels reach GPUs of one host only");
  const auto largest = TilePlan::largest_hidden_size(problem.dtype);
  if (problem.hidden_size > largest) {
    return Support::no(fmt::format("hidden_size is {}; a row fits a block up to {}", problem.hidden_size, largest));
  }
  constexpr std::int64_t most_vectors = (std::int64_t{1} << 31) - 1;
  if (problem.message_bytes() / TilePlan::vector_bytes + problem.num_tokens > most_vectors) {
    return Support::no(fmt::format("the message is {} bytes; its kernels count up to 32 GiB", problem.message_bytes()));
  }
  return Support::yes();
}

}  // namespace arbiter::cuda
