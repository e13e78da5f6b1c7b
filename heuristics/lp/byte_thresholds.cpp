// SPDX-License-Identifier: Apache-2.0
#include "lp/byte_thresholds.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "arbiter/units.hpp"

namespace arbiter {

namespace {

/// The largest size that is at least as near to `below` as to `above`, in logarithms.
std::int64_t border(std::int64_t below, std::int64_t above) {
  const auto product = static_cast<long double>(below) * static_cast<long double>(above);
  return static_cast<std::int64_t>(std::floor(std::sqrt(product)));
}

DecisionSteps steps_of(const ByteThresholds& thresholds, DType dtype) {
  DecisionSteps result{thresholds.tp_size, dtype, thresholds.fusion, {}};
  const std::vector<std::size_t>& labels = thresholds.labels;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool last = i + 1 == labels.size();
    if (!last && labels[i] == labels[i + 1]) continue;
    const std::int64_t last_byte =
        last ? std::numeric_limits<std::int64_t>::max() : border(thresholds.bytes[i], thresholds.bytes[i + 1]);
    result.steps.push_back({last_byte, thresholds.order[labels[i]]});
  }
  return result;
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

  ByteThresholds result{key.tp_size, key.fusion, order, LogAxis(groups.bytes), {}, {}, solve(problem), {}};
  result.labels = result.solution.labels;
  for (std::size_t i = 0; i < groups.members.size(); ++i) {
    const auto& [block, cell, group] = groups.members[i];
    const double cost = OrderInBlock(*block, order).cost(cell, result.labels[group]);
    if (cost != RelativeCosts::missing) {
      result.excess.add(cost);
      continue;
    }
    result.excess.add_unmeasured();
    result.exceptions.emplace(block->problem_of(cell), order[cheapest_of(groups.member_cost, i, order.size())]);
  }
  return result;
}

void add_to(DecisionTable& table, const ByteThresholds& thresholds, const std::vector<const CellBlock*>& blocks) {
  DecisionTable steps;
  steps.steps.push_back(steps_of(thresholds, blocks.front()->key.dtype));
  if (thresholds.exceptions.empty()) {
    table.steps.push_back(std::move(steps.steps.front()));
    return;
  }
  for (const CellBlock* block : blocks) {
    DecisionGrid grid = grid_without_answers(*block);
    grid.strategies = thresholds.order;
    for (std::size_t cell = 0; cell < block->cells(); ++cell) {
      const Problem problem = block->problem_of(cell);
      const auto exception = thresholds.exceptions.find(problem);
      const std::string& strategy =
          exception != thresholds.exceptions.end() ? exception->second : steps.select(problem);
      grid.cells[cell] =
          static_cast<std::uint16_t>(std::ranges::find(grid.strategies, strategy) - grid.strategies.begin());
    }
    table.grids.push_back(std::move(grid));
  }
}

}  // namespace arbiter
