// SPDX-License-Identifier: Apache-2.0
#include "lp/relative_cost.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace arbiter {

OrderInBlock::OrderInBlock(const CellBlock& block, const std::vector<std::string>& order) : block_(block) {
  for (const std::string& name : order) {
    const auto found = std::ranges::find(block.strategies, name);
    const bool known = found != block.strategies.end();
    strategy_.push_back(known ? static_cast<std::size_t>(found - block.strategies.begin()) : absent);
  }
}

const Measurement* OrderInBlock::row(std::size_t cell, std::size_t position) const {
  return strategy_[position] == absent ? nullptr : block_.usable[block_.at(cell, strategy_[position])];
}

double OrderInBlock::cost(std::size_t cell, std::size_t position) const {
  return row(cell, position) == nullptr ? RelativeCosts::missing : 1.0 + block_.excess(cell, strategy_[position]);
}

RelativeCosts relative_costs(const CellBlock& block, const std::vector<std::string>& order) {
  const OrderInBlock positions(block, order);
  RelativeCosts result;
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    std::vector<double> costs;
    for (std::size_t k = 0; k < order.size(); ++k) costs.push_back(positions.cost(cell, k));
    if (std::ranges::all_of(costs, [](double c) { return c == RelativeCosts::missing; })) continue;
    result.cells.push_back(cell);
    result.cost.insert(result.cost.end(), costs.begin(), costs.end());
  }
  return result;
}

double penalise_missing(std::vector<double>& costs, std::size_t strategies) {
  double penalty = 1.0;
  for (std::size_t first = 0; first < costs.size(); first += strategies) {
    penalty += *std::max_element(costs.begin() + static_cast<std::ptrdiff_t>(first),
                                 costs.begin() + static_cast<std::ptrdiff_t>(first + strategies));
  }
  std::ranges::replace(costs, RelativeCosts::missing, penalty);
  return penalty;
}

std::size_t cheapest_of(const std::vector<double>& costs, std::size_t entry, std::size_t strategies) {
  const auto first = costs.begin() + static_cast<std::ptrdiff_t>(entry * strategies);
  return static_cast<std::size_t>(std::min_element(first, first + static_cast<std::ptrdiff_t>(strategies)) - first);
}

SizeGroups size_groups(const std::vector<const CellBlock*>& blocks, const std::vector<std::string>& order) {
  SizeGroups groups;
  std::vector<std::int64_t> bytes;
  for (const CellBlock* block : blocks) {
    const RelativeCosts costs = relative_costs(*block, order);
    for (const std::size_t cell : costs.cells) {
      groups.members.push_back({block, cell, 0});
      bytes.push_back(block->problem_of(cell).message_bytes());
    }
    groups.member_cost.insert(groups.member_cost.end(), costs.cost.begin(), costs.cost.end());
  }
  const LogAxis axis(bytes);
  groups.bytes = axis.values();
  penalise_missing(groups.member_cost, order.size());
  groups.cost.assign(groups.bytes.size() * order.size(), 0.0);
  for (std::size_t i = 0; i < groups.members.size(); ++i) {
    groups.members[i].group = *axis.find(bytes[i]);
    for (std::size_t k = 0; k < order.size(); ++k) {
      groups.cost[groups.members[i].group * order.size() + k] += groups.member_cost[i * order.size() + k];
    }
  }
  return groups;
}

void Excess::add(double cost) {
  ++cells_;
  sum_ += cost - 1.0;
  worst_ = std::max(worst_, cost - 1.0);
}

std::string Excess::text() const {
  std::string text =
      fmt::format("mean {:.2f} %, worst {:.2f} % above the best of {} cells", 100.0 * mean(), 100.0 * worst_, cells_);
  if (unmeasured_ > 0) text += fmt::format(" ({} more have no time for its choice)", unmeasured_);
  return text;
}

}  // namespace arbiter
