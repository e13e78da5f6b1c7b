#include "lp/monotone_regions.hpp"

#include <algorithm>

#include "lp/relative_cost.hpp"

namespace arbiter {

namespace {

/// Cells without data stay in the program at no cost, so that the cells on both sides of a hole are compared.
LabellingProblem grid_problem(const CellBlock& block, const RelativeCosts& costs, std::size_t labels) {
  LabellingProblem problem{block.cells(), labels, std::vector<double>(block.cells() * labels, 0.0), {}};
  std::vector<double> cost = costs.cost;
  penalise_missing(cost, labels);
  for (std::size_t i = 0; i < costs.cells.size(); ++i) {
    std::copy_n(cost.begin() + static_cast<std::ptrdiff_t>(i * labels), labels,
                problem.cost.begin() + static_cast<std::ptrdiff_t>(costs.cells[i] * labels));
  }
  const std::size_t width = block.tokens.size();
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (cell % width + 1 < width) problem.edges.emplace_back(cell, cell + 1);
    if (cell + width < block.cells()) problem.edges.emplace_back(cell, cell + width);
  }
  return problem;
}

}  // namespace

MonotoneRegions monotone_regions(const CellBlock& block, const std::vector<std::string>& order) {
  const std::size_t labels = order.size();
  const RelativeCosts costs = relative_costs(block, order);
  const LabellingProblem problem = grid_problem(block, costs, labels);
  MonotoneRegions result{{block.key, block.hidden, block.tokens, order, {}}, solve(problem), costs.cells.size(), 0};
  result.labels.labels.assign(block.cells(), LabelBlock::no_label);
  for (std::size_t i = 0; i < costs.cells.size(); ++i) {
    const std::size_t cell = costs.cells[i];
    std::size_t label = result.solution.labels[cell];
    if (costs.cost[i * labels + label] == RelativeCosts::missing) {
      ++result.exceptions;
      const auto own = problem.cost.begin() + static_cast<std::ptrdiff_t>(cell * labels);
      label = static_cast<std::size_t>(std::min_element(own, own + static_cast<std::ptrdiff_t>(labels)) - own);
    }
    result.labels.labels[cell] = static_cast<std::uint16_t>(label);
  }
  return result;
}

}  // namespace arbiter
