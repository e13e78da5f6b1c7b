// SPDX-License-Identifier: Apache-2.0
#include "lp/regions.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace arbiter {

namespace {

constexpr double free_violation_penalty = 0.005;

/// Unmeasured cells are nodes without costs, so that monotonicity holds across holes.
LabellingProblem grid_problem(const CellBlock& block, const RelativeCosts& costs, std::size_t labels,
                              MonotoneIn monotone_in, double violation_penalty) {
  LabellingProblem problem{
      block.cells(), labels, std::vector<double>(block.cells() * labels, 0.0), {}, violation_penalty};
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
  return std::isnan(excess) ? chosen.time_us / best.time_us - 1.0 : excess;  // NaN: no interval was recorded
}

std::string row_text(const DecisionGrid& grid, std::size_t row) {
  const std::size_t width = grid.num_tokens.size();
  std::string text;
  std::uint16_t current = DecisionGrid::no_answer;
  std::int64_t last = 0;
  for (std::size_t column = 0; column < width; ++column) {
    const std::uint16_t label = grid.cells[row * width + column];
    if (label == DecisionGrid::no_answer) continue;
    if (label != current) {
      if (current != DecisionGrid::no_answer) text += fmt::format(" to {}, ", last);
      text += grid.strategies[label];
      current = label;
    }
    last = grid.num_tokens[column];
  }
  return text;
}

}  // namespace

RegionLabels region_labels(const CellBlock& block, const std::vector<std::string>& order, MonotoneIn monotone_in,
                           double violation_penalty) {
  const std::size_t labels = order.size();
  const RelativeCosts costs = relative_costs(block, order);
  const LabellingProblem problem = grid_problem(block, costs, labels, monotone_in, violation_penalty);
  RegionLabels result{grid_without_answers(block), solve(problem), costs.cells.size(), 0, {}, 0.0};
  result.grid.strategies = order;
  const OrderInBlock positions(block, order);
  for (std::size_t i = 0; i < costs.cells.size(); ++i) {
    const std::size_t cell = costs.cells[i];
    std::size_t label = result.solution.labels[cell];
    if (costs.cost[i * labels + label] == RelativeCosts::missing) {
      ++result.exceptions;
      label = cheapest_of(problem.cost, cell, labels);
    }
    result.grid.cells[cell] = static_cast<std::uint16_t>(label);
    result.excess.add(costs.cost[i * labels + label]);
    result.worst_beyond_noise =
        std::max(result.worst_beyond_noise, beyond_noise(*positions.row(cell, label), *block.best[cell]));
  }
  return result;
}

BlockRegions block_regions(const CellBlock& block, const std::vector<std::string>& order, const MonotoneRule& rule) {
  const auto labels = [&](double price) { return region_labels(block, order, MonotoneIn::tokens_and_hidden, price); };
  if (rule.monotone == Monotone::never) return {labels(free_violation_penalty), false, "as configured"};
  BlockRegions regions{labels(std::numeric_limits<double>::infinity()), true, {}};
  if (rule.monotone == Monotone::always) return regions;
  const bool too_slow = regions.labels.worst_beyond_noise > rule.limit;
  if (!too_slow && regions.labels.exceptions == 0) return regions;
  RegionLabels free = labels(free_violation_penalty);
  // Free regions are no better where a strategy was not measured, or the order lacks the fastest one.
  const bool better =
      free.exceptions < regions.labels.exceptions || free.worst_beyond_noise < regions.labels.worst_beyond_noise;
  if (!better) return regions;
  std::string why_not =
      too_slow
          ? fmt::format("monotone regions have mean {:.2f} %, worst {:.2f} %; the worst exceeds {:.1f} % beyond noise",
                        100.0 * regions.labels.excess.mean(), 100.0 * regions.labels.excess.worst(), 100.0 * rule.limit)
          : fmt::format("monotone regions have no time in {} cells", regions.labels.exceptions);
  return {std::move(free), false, std::move(why_not)};
}

RegionLabels token_cutoffs(const CellBlock& block, const std::vector<std::string>& order) {
  return region_labels(block, order, MonotoneIn::tokens);
}

std::string token_cutoffs_text(const DecisionGrid& grid) {
  std::string text;
  for (std::size_t first = 0; first < grid.hidden_sizes.size();) {
    const std::string text_of_row = row_text(grid, first);
    std::size_t last = first;
    while (last + 1 < grid.hidden_sizes.size() && row_text(grid, last + 1) == text_of_row) ++last;
    if (!text_of_row.empty()) {
      const std::string sizes = first == last
                                    ? fmt::format("{}", grid.hidden_sizes[first])
                                    : fmt::format("{} .. {}", grid.hidden_sizes[first], grid.hidden_sizes[last]);
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", sizes, text_of_row);
    }
    first = last + 1;
  }
  return text;
}

}  // namespace arbiter
