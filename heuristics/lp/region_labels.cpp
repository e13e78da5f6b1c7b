#include "lp/region_labels.hpp"

#include <algorithm>

#include "common/grid_regions.hpp"
#include "lp/relative_cost.hpp"

namespace arbiter {

namespace {

/// Cells without data stay in the program at no cost, so that the cells on both sides of a hole are compared.
LabellingProblem grid_problem(const CellBlock& block, const RelativeCosts& costs, std::size_t labels,
                              MonotoneIn monotone_in, double price_of_falling) {
  LabellingProblem problem{
      block.cells(), labels, std::vector<double>(block.cells() * labels, 0.0), {}, price_of_falling};
  std::vector<double> cost = costs.cost;
  penalise_missing(cost, labels);
  for (std::size_t i = 0; i < costs.cells.size(); ++i) {
    std::copy_n(cost.begin() + static_cast<std::ptrdiff_t>(i * labels), labels,
                problem.cost.begin() + static_cast<std::ptrdiff_t>(costs.cells[i] * labels));
  }
  const std::size_t width = block.tokens.size();
  const bool in_hidden = monotone_in == MonotoneIn::tokens_and_hidden;
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (cell % width + 1 < width) problem.edges.emplace_back(cell, cell + 1);
    if (in_hidden && cell + width < block.cells()) problem.edges.emplace_back(cell, cell + width);
  }
  return problem;
}

double beyond_noise(const Measurement& chosen, const Measurement& best) {
  const double excess = chosen.ci_low_us / best.ci_high_us - 1.0;
  return excess == excess ? excess : chosen.time_us / best.time_us - 1.0;  // NaN: no interval was recorded
}

}  // namespace

RegionLabels region_labels(const CellBlock& block, const std::vector<std::string>& order, MonotoneIn monotone_in,
                           double price_of_falling) {
  const std::size_t labels = order.size();
  const RelativeCosts costs = relative_costs(block, order);
  const LabellingProblem problem = grid_problem(block, costs, labels, monotone_in, price_of_falling);
  RegionLabels result{grid_without_answers(block), solve(problem), costs.cells.size(), 0, {}, 0.0};
  result.grid.strategies = order;
  const OrderInBlock places(block, order);
  for (std::size_t i = 0; i < costs.cells.size(); ++i) {
    const std::size_t cell = costs.cells[i];
    std::size_t label = result.solution.labels[cell];
    if (costs.cost[i * labels + label] == RelativeCosts::missing) {
      ++result.exceptions;
      const auto own = problem.cost.begin() + static_cast<std::ptrdiff_t>(cell * labels);
      label = static_cast<std::size_t>(std::min_element(own, own + static_cast<std::ptrdiff_t>(labels)) - own);
    }
    result.grid.cells[cell] = static_cast<std::uint16_t>(label);
    result.excess.add(costs.cost[i * labels + label]);
    result.worst_beyond_noise =
        std::max(result.worst_beyond_noise, beyond_noise(*places.row(cell, label), *block.best[cell]));
  }
  return result;
}

}  // namespace arbiter
