// SPDX-License-Identifier: Apache-2.0
#include "lp/strategy_order.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lp/relative_cost.hpp"

namespace arbiter {

namespace {

using Order = std::vector<std::size_t>;

/// Least-squares slope of log(time / best time) over log(bytes): positive for a strategy that is best at small
/// messages.
double relative_growth(const std::vector<const CellBlock*>& blocks, const std::string& strategy) {
  std::vector<double> x;
  std::vector<double> y;
  for (const CellBlock* block : blocks) {
    const RelativeCosts costs = relative_costs(*block, {strategy});
    for (std::size_t i = 0; i < costs.cells.size(); ++i) {
      x.push_back(std::log(static_cast<double>(block->problem_of(costs.cells[i]).message_bytes())));
      y.push_back(std::log(costs.cost[i]));
    }
  }
  const auto count = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / count;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / count;
  double covariance = 0.0;
  double variance = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    covariance += (x[i] - mean_x) * (y[i] - mean_y);
    variance += (x[i] - mean_x) * (x[i] - mean_x);
  }
  return variance > 0.0 ? covariance / variance : 0.0;
}

/// The least cost of thresholds in message size that use the strategies in this order, by dynamic programming.
double threshold_cost(const SizeGroups& groups, const Order& order) {
  std::vector<double> least(order.size(), 0.0);
  for (std::size_t group = 0; group < groups.bytes.size(); ++group) {
    double before = std::numeric_limits<double>::infinity();
    for (std::size_t position = 0; position < order.size(); ++position) {
      before = std::min(before, least[position]);
      least[position] = before + groups.cost[group * order.size() + order[position]];
    }
  }
  return *std::ranges::min_element(least);
}

bool clearly_less(double a, double b) { return a < b - 1e-9 * std::abs(b); }

Order best_permutation(const SizeGroups& groups, Order order) {
  Order best = order;
  double least = threshold_cost(groups, order);
  while (std::ranges::next_permutation(order).found) {
    const double cost = threshold_cost(groups, order);
    if (!clearly_less(cost, least)) continue;
    least = cost;
    best = order;
  }
  return best;
}

Order best_by_swaps(const SizeGroups& groups, Order order) {
  double least = threshold_cost(groups, order);
  for (bool better = true; better;) {
    better = false;
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      std::swap(order[i], order[i + 1]);
      const double cost = threshold_cost(groups, order);
      if (clearly_less(cost, least)) {
        least = cost;
        better = true;
      } else {
        std::swap(order[i], order[i + 1]);
      }
    }
  }
  return order;
}

}  // namespace

std::vector<std::string> strategy_order(const std::vector<const CellBlock*>& blocks) {
  std::vector<std::pair<double, std::string>> growth;
  for (const CellBlock* block : blocks) {
    for (const std::string& name : block->strategies) {
      const auto known = [&](const auto& entry) { return entry.second == name; };
      if (std::ranges::none_of(growth, known)) growth.emplace_back(relative_growth(blocks, name), name);
    }
  }
  std::ranges::stable_sort(growth, std::greater{}, [](const auto& entry) { return entry.first; });
  std::vector<std::string> names;
  names.reserve(growth.size());
  for (auto& entry : growth) names.push_back(std::move(entry.second));

  constexpr std::size_t few = 7;
  const SizeGroups groups = size_groups(blocks, names);
  Order order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  order = names.size() <= few ? best_permutation(groups, order) : best_by_swaps(groups, order);
  std::vector<std::string> result;
  for (const std::size_t position : order) result.push_back(names[position]);
  return result;
}

}  // namespace arbiter
