// SPDX-License-Identifier: Apache-2.0
#include "model/comparison.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace arbiter {

namespace {

Reading reading_of(const Measurement& row) {
  const bool failed = row.failed || (!row.suspect && !row.usable());
  return {failed, row.suspect && !failed, failed ? Measurement::none : row.time_us, row.ci_low_us, row.ci_high_us};
}

/// The least is taken.
std::pair<int, double> preference(const Reading& reading) {
  if (reading.failed) return {2, 0.0};
  return {reading.suspect ? 1 : 0, reading.time_us};
}

double upper(const Reading& reading) { return reading.has_interval() ? reading.ci_high_us : reading.time_us; }
double lower(const Reading& reading) { return reading.has_interval() ? reading.ci_low_us : reading.time_us; }

}  // namespace

std::string to_string(const PointKey& key) {
  const std::string shape = key.problem.elements() > 0
                                ? to_string(key.problem)
                                : fmt::format("tp {}, {}, {}, {} bytes", key.problem.tp_size,
                                              name_of(key.problem.dtype), key.problem.fusion, key.bytes);
  return fmt::format("{}, {}, context {}", key.strategy, shape, name_of(key.setting.context));
}

Readings readings_of(const Dataset& rows) {
  Readings readings;
  for (const Measurement& row : rows.rows()) {
    const Reading reading = reading_of(row);
    const auto [at, is_new] =
        readings.try_emplace({row.setting, row.problem, row.strategy, row.problem.message_bytes()}, reading);
    if (!is_new && preference(reading) < preference(at->second)) at->second = reading;
  }
  return readings;
}

Readings readings_of(const std::vector<ByteCurve>& curves) {
  Readings readings;
  for (const ByteCurve& curve : curves) {
    const auto dtype = parse_message_dtype(curve.dtype);
    if (!dtype) continue;
    const Problem problem{curve.tp_size, *dtype, curve.fusion, 0, 0};
    for (const auto& point : curve.points) {
      const auto [at, is_new] =
          readings.try_emplace({curve.setting, problem, curve.name, point.bytes}, Reading{.time_us = point.time_us});
      if (!is_new) at->second.time_us = std::min(at->second.time_us, point.time_us);
    }
  }
  return readings;
}

std::string_view name_of(Change change) {
  switch (change) {
    case Change::none: return "";
    case Change::slower: return "slower";
    case Change::faster: return "faster";
    case Change::now_fails: return "now fails";
    case Change::now_suspect: return "now suspect";
    case Change::now_usable: return "now usable";
    case Change::never_usable: return "never usable";
  }
  return "";
}

double change_of(const Reading& before, const Reading& after) {
  return before.usable() && after.usable() ? after.time_us / before.time_us - 1.0 : Measurement::none;
}

Change judge(const Reading& before, const Reading& after, double threshold) {
  if (after.failed) return before.failed ? Change::never_usable : Change::now_fails;
  if (after.suspect) return before.usable() ? Change::now_suspect : Change::never_usable;
  if (!before.usable()) return Change::now_usable;
  const double change = change_of(before, after);
  if (change > threshold && lower(after) > upper(before)) return Change::slower;
  if (change < -threshold && upper(after) < lower(before)) return Change::faster;
  return Change::none;
}

Comparison compare(const Readings& before, const Readings& after, double threshold) {
  Comparison comparison{.threshold = threshold, .points = {}, .only_before = {}, .only_after = {}};
  for (const auto& [key, reading] : before) {
    const auto at = after.find(key);
    if (at == after.end()) {
      comparison.only_before.push_back(key);
      continue;
    }
    comparison.points.push_back(
        {key, reading, at->second, judge(reading, at->second, threshold), change_of(reading, at->second)});
  }
  for (const auto& [key, unused] : after) {
    if (!before.contains(key)) comparison.only_after.push_back(key);
  }
  return comparison;
}

Comparison judged_by(Comparison comparison, double threshold) {
  comparison.threshold = threshold;
  for (PointChange& point : comparison.points) point.change = judge(point.before, point.after, threshold);
  return comparison;
}

const PointChange* worst_of(const Comparison& comparison) {
  const auto badness = [](const PointChange& point) {
    return point.change == Change::now_fails ? std::numeric_limits<double>::infinity() : point.share;
  };
  const PointChange* worst = nullptr;
  for (const PointChange& point : comparison.points) {
    if (point.is_worse() && (worst == nullptr || badness(point) > badness(*worst))) worst = &point;
  }
  return worst;
}

}  // namespace arbiter
