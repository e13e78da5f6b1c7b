// SPDX-License-Identifier: Apache-2.0
#include "cuda_common/tile_options.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arbiter::cuda {

DeviceTraits common_traits(const DeviceTraits& own, ProcessGroup& group) {
  return {static_cast<int>(group.min(own.multiprocessors)), group.all(own.has_clusters)};
}

TileOptions::TileOptions(const Parameters& values, bool polls_together)
    : parameters_{.programmatic = values.boolean("programmatic"),
                  .batch_invariant = values.boolean("batch_invariant"),
                  .trigger = trigger_named(values.text("trigger")).value(),
                  .target_blocks = static_cast<int>(values.integer("target_blocks")),
                  .flat_block = static_cast<int>(values.integer("flat_block")),
                  .polls_together = polls_together} {
  const auto& blocks_per_row = values.text("blocks_per_row");
  if (blocks_per_row != "auto") parameters_.blocks_per_row = std::stoi(blocks_per_row);
  const auto& exclusive_sm = values.text("exclusive_sm");
  if (exclusive_sm != "auto") parameters_.exclusive_sm = exclusive_sm == "yes" ? 1 : 0;
}

TilePlan TileOptions::plan(const Problem& problem, const Fusion& fusion, const CudaBackend& backend,
                           ProcessGroup& group) const {
  const auto traits = common_traits({backend.multiprocessors(), backend.sm_version() >= 90}, group);
  return complete_plan(problem, fusion.device_epilogue(problem).needs_row, parameters_, traits);
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
