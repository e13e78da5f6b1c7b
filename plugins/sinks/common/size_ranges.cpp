// SPDX-License-Identifier: Apache-2.0
#include "common/size_ranges.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "arbiter/names.hpp"
#include "arbiter/units.hpp"

namespace arbiter {

namespace {

constexpr std::size_t most_ranges = 3;
constexpr double worth_a_range = 0.0025;

/// The sums over the cells of each size, in ascending order, of the regret of each strategy.
struct Costs {
  std::vector<std::string> strategies;  // that are the fastest somewhere
  std::vector<std::int64_t> sizes;
  std::vector<std::vector<double>> of;  // [strategy][size]
  std::int64_t cells = 0;
};

using Cells = std::map<Problem, std::vector<const Measurement*>>;

double regret_in(const std::vector<const Measurement*>& cell, const std::string& strategy, const Measurement& best) {
  const Measurement* row = row_of(cell, strategy);
  return row == nullptr ? no_time_regret : row->time_us / best.time_us - 1.0;
}

Costs costs_of(const Cells& cells) {
  Costs costs;
  std::map<std::int64_t, std::size_t> sizes;
  for (const auto& [problem, cell] : cells) {
    const Measurement* best = best_of(cell);
    if (best == nullptr) continue;
    ++costs.cells;
    sizes[problem.message_bytes()] = 0;
    if (std::ranges::find(costs.strategies, best->strategy) == costs.strategies.end()) {
      costs.strategies.push_back(best->strategy);
    }
  }
  for (auto& [bytes, index] : sizes) {
    index = costs.sizes.size();
    costs.sizes.push_back(bytes);
  }
  costs.of.assign(costs.strategies.size(), std::vector<double>(costs.sizes.size()));
  for (const auto& [problem, cell] : cells) {
    const Measurement* best = best_of(cell);
    if (best == nullptr) continue;
    for (std::size_t i = 0; i < costs.strategies.size(); ++i) {
      costs.of[i][sizes.at(problem.message_bytes())] += regret_in(cell, costs.strategies[i], *best);
    }
  }
  return costs;
}

/// The least cost of the first sizes in a number of ranges, the last of which is of one strategy.
struct Step {
  double cost = std::numeric_limits<double>::infinity();
  std::size_t before = 0;  // the strategy of the size before
};

/// The best ranges of exactly `count` strategies, by dynamic programming over the sizes.
std::vector<SizeRange> best_ranges(const Costs& costs, std::size_t count, double& cost) {
  const std::size_t strategies = costs.strategies.size();
  // [size][range of that size][its strategy]
  std::vector table(costs.sizes.size(), std::vector(count, std::vector<Step>(strategies)));
  for (std::size_t size = 0; size < costs.sizes.size(); ++size) {
    for (std::size_t range = 0; range < count; ++range) {
      for (std::size_t own = 0; own < strategies; ++own) {
        Step& step = table[size][range][own];
        if (size == 0) {
          if (range == 0) step.cost = costs.of[own][size];
          continue;
        }
        step = {table[size - 1][range][own].cost, own};
        for (std::size_t other = 0; range > 0 && other < strategies; ++other) {
          const double changed = table[size - 1][range - 1][other].cost;
          if (other != own && changed < step.cost) step = {changed, other};
        }
        step.cost += costs.of[own][size];
      }
    }
  }
  const auto& last = table.back().back();
  auto own = static_cast<std::size_t>(std::ranges::min_element(last, {}, &Step::cost) - last.begin());
  cost = last[own].cost;
  std::vector<SizeRange> ranges = {{costs.strategies[own], costs.sizes.back()}};
  std::size_t range = count - 1;
  for (std::size_t size = costs.sizes.size() - 1; size > 0; --size) {
    const std::size_t before = table[size][range][own].before;
    if (before == own) continue;
    ranges.insert(ranges.begin(), {costs.strategies[before], costs.sizes[size - 1]});
    own = before;
    if (range > 0) --range;
  }
  return ranges;
}

const std::string& choice_of(const std::vector<SizeRange>& ranges, std::int64_t bytes) {
  const auto range = std::ranges::find_if(ranges, [&](const SizeRange& one) { return bytes <= one.last_byte; });
  return range == ranges.end() ? ranges.back().strategy : range->strategy;
}

}  // namespace

SizeRanges size_ranges(const Dataset& dataset) {
  SizeRanges result;
  const Cells cells = dataset.cells();
  const Costs costs = costs_of(cells);
  result.cells = costs.cells;
  if (costs.cells == 0) return result;
  double least = 0.0;
  result.ranges = best_ranges(costs, 1, least);
  for (std::size_t count = 2; count <= std::min({most_ranges, costs.sizes.size()}); ++count) {
    double cost = 0.0;
    auto ranges = best_ranges(costs, count, cost);
    if (!(cost < least - worth_a_range * static_cast<double>(costs.cells * (static_cast<std::int64_t>(count) - 1)))) {
      continue;
    }
    const bool returns = ranges.size() == most_ranges && ranges.front().strategy == ranges.back().strategy;
    if (returns) continue;  // more often noise than a kernel that is slow in between
    least = cost;
    result.ranges = std::move(ranges);
  }
  result.mean_regret = least / static_cast<double>(costs.cells);
  std::int64_t near = 0;
  for (const auto& [problem, cell] : cells) {
    const Measurement* best = best_of(cell);
    if (best == nullptr) continue;
    if (regret_in(cell, choice_of(result.ranges, problem.message_bytes()), *best) <= 0.01 + 1e-9) ++near;
  }
  result.within_one_percent = static_cast<double>(near) / static_cast<double>(costs.cells);
  return result;
}

double mean_regret_of(const std::vector<SizeRange>& ranges, const Dataset& dataset) {
  double sum = 0.0;
  double count = 0.0;
  for (const auto& [problem, cell] : dataset.cells()) {
    const Measurement* best = best_of(cell);
    if (best == nullptr) continue;
    sum += regret_in(cell, choice_of(ranges, problem.message_bytes()), *best);
    count += 1.0;
  }
  return count > 0.0 ? sum / count : 0.0;
}

std::string to_string(const std::vector<SizeRange>& ranges) {
  constexpr std::size_t longest_name = 40;
  std::string text;
  for (const SizeRange& range : ranges) {
    const std::string name = plain_text(range.strategy, longest_name);
    if (ranges.size() == 1) return name + " at every size";
    const bool is_last = &range == &ranges.back();
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name,
                        is_last ? std::string("above") : "to " + size_text(range.last_byte));
  }
  return text;
}

}  // namespace arbiter
