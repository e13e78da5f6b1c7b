#include "lp/byte_thresholds.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lp/size_groups.hpp"

namespace arbiter {

namespace {

std::string size_text(std::int64_t bytes) {
  constexpr std::int64_t kib = 1024;
  if (bytes >= kib * kib && bytes % (kib * kib) == 0) return fmt::format("{} MiB", bytes / (kib * kib));
  if (bytes >= kib && bytes % kib == 0) return fmt::format("{} KiB", bytes / kib);
  return fmt::format("{} B", bytes);
}

}  // namespace

std::string ByteThresholds::text() const {
  std::string text;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i + 1 < labels.size() && labels[i] == labels[i + 1]) continue;
    const bool last = i + 1 == labels.size();
    if (!text.empty()) text += ", ";
    text += order[labels[i]];
    text += last ? (labels.front() == labels.back() ? " for all sizes" : " above")
                 : fmt::format(" to {}", size_text(bytes[i]));
  }
  return text;
}

ByteThresholds byte_thresholds(const std::vector<const CellBlock*>& blocks, const std::vector<std::string>& order) {
  const BlockKey& key = blocks.front()->key;
  const SizeGroups groups = size_groups(blocks, order);
  LabellingProblem problem{groups.bytes.size(), order.size(), groups.cost, {}};
  for (std::size_t i = 0; i + 1 < problem.nodes; ++i) problem.edges.emplace_back(i, i + 1);

  ByteThresholds result{key.tp_size, key.fusion, order, LogAxis(groups.bytes), {}, {}, solve(problem)};
  result.labels = result.solution.labels;
  for (std::size_t i = 0; i < groups.members.size(); ++i) {
    const auto& [block, cell, group] = groups.members[i];
    const auto name = std::ranges::find(block->strategies, order[result.labels[group]]);
    const bool measured = name != block->strategies.end() &&
                          block->usable[block->at(cell, static_cast<std::size_t>(name - block->strategies.begin()))];
    if (measured) continue;
    const auto own = groups.member_cost.begin() + static_cast<std::ptrdiff_t>(i * order.size());
    const auto best = std::min_element(own, own + static_cast<std::ptrdiff_t>(order.size())) - own;
    result.exceptions.emplace(
        Problem{key.tp_size, block->key.dtype, key.fusion, block->hidden_of(cell), block->tokens_of(cell)},
        order[static_cast<std::size_t>(best)]);
  }
  return result;
}

}  // namespace arbiter
