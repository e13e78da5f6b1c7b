#include "lp/relative_cost.hpp"

#include <algorithm>

namespace arbiter {

OrderInBlock::OrderInBlock(const CellBlock& block, const std::vector<std::string>& order) : block_(block) {
  for (const std::string& name : order) {
    const auto found = std::ranges::find(block.strategies, name);
    const bool known = found != block.strategies.end();
    strategy_.push_back(known ? static_cast<std::size_t>(found - block.strategies.begin()) : absent);
  }
}

const Measurement* OrderInBlock::row(std::size_t cell, std::size_t place) const {
  return strategy_[place] == absent ? nullptr : block_.usable[block_.at(cell, strategy_[place])];
}

double OrderInBlock::cost(std::size_t cell, std::size_t place) const {
  return row(cell, place) == nullptr ? RelativeCosts::missing : 1.0 + block_.excess(cell, strategy_[place]);
}

RelativeCosts relative_costs(const CellBlock& block, const std::vector<std::string>& order) {
  const OrderInBlock places(block, order);
  RelativeCosts result;
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    std::vector<double> costs;
    for (std::size_t k = 0; k < order.size(); ++k) costs.push_back(places.cost(cell, k));
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

}  // namespace arbiter
