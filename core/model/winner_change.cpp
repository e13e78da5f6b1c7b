// SPDX-License-Identifier: Apache-2.0
#include "model/winner_change.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <tuple>

namespace arbiter {

namespace {

using Side = Reading PointChange::*;

/// Whether one strategy is faster than another on one side, beyond noise.
bool beats(const Reading& first, const Reading& second, double threshold) {
  if (!second.usable()) return true;
  if (first.has_interval() && second.has_interval()) return first.ci_high_us < second.ci_low_us;
  return second.time_us / first.time_us - 1.0 > threshold;
}

const PointChange* winner_of(const std::vector<const PointChange*>& strategies, Side side) {
  const PointChange* best = nullptr;
  for (const PointChange* point : strategies) {
    if (!(point->*side).usable() || point->key.strategy == "AUTO") continue;
    if (best == nullptr || (point->*side).time_us < (best->*side).time_us) best = point;
  }
  return best;
}

}  // namespace

WinnerChanges winner_changes(const Comparison& comparison) {
  std::map<std::tuple<Setting, Problem, std::int64_t>, std::vector<const PointChange*>> cells;
  for (const PointChange& point : comparison.points) {
    cells[{point.key.setting, point.key.problem, point.key.bytes}].push_back(&point);
  }
  WinnerChanges result;
  for (const auto& [unused, strategies] : cells) {
    const PointChange* before = winner_of(strategies, &PointChange::before);
    const PointChange* after = winner_of(strategies, &PointChange::after);
    if (before == nullptr || after == nullptr) continue;
    ++result.problems;
    if (before == after || !beats(before->before, after->before, comparison.threshold) ||
        !beats(after->after, before->after, comparison.threshold)) {
      continue;
    }
    const double cost = before->after.usable() ? before->after.time_us / after->after.time_us - 1.0
                                               : std::numeric_limits<double>::infinity();
    result.changes.push_back({before->key, after->key.strategy, cost});
  }
  std::ranges::stable_sort(result.changes, std::greater{}, &WinnerChange::cost);
  return result;
}

}  // namespace arbiter
