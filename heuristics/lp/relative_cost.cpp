#include "lp/relative_cost.hpp"

#include <algorithm>
#include <optional>

namespace arbiter {

RelativeCosts relative_costs(const CellBlock& block, const std::vector<std::string>& order) {
  std::vector<std::optional<std::size_t>> strategy;
  for (const std::string& name : order) {
    const auto found = std::ranges::find(block.strategies, name);
    strategy.push_back(found == block.strategies.end()
                           ? std::nullopt
                           : std::optional(static_cast<std::size_t>(found - block.strategies.begin())));
  }
  RelativeCosts result;
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    std::vector<double> costs;
    for (const auto& k : strategy) {
      const bool measured = k && block.usable[block.at(cell, *k)] != nullptr;
      costs.push_back(measured ? 1.0 + block.excess(cell, *k) : RelativeCosts::missing);
    }
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
