// SPDX-License-Identifier: Apache-2.0
#include "common/measured_precision.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace arbiter {

MeasuredPrecision measured_precision(const Report& report) {
  std::map<std::string, double> goals;
  for (const RunRecord& run : report.run.runs) goals[run.id] = run.precision_percent;
  MeasuredPrecision precision;
  std::vector<double> half_widths;
  for (const Dataset* rows : {&report.dataset, &report.holdout}) {
    for (const Measurement& row : rows->rows()) {
      if (!row.usable()) continue;
      const double half_width = 50.0 * (row.ci_high_us - row.ci_low_us) / row.time_us;
      if (!std::isnan(half_width)) half_widths.push_back(half_width);
      const auto goal = goals.find(row.run_id);
      if (goal == goals.end() || std::isnan(goal->second)) continue;
      ++precision.rows;
      precision.goal = std::max(precision.goal, goal->second);
      if (std::isnan(half_width)) {
        ++precision.unknown;
        continue;
      }
      // Times are rounded to nanoseconds.
      if (half_width <= goal->second + 0.1 / row.time_us) continue;
      ++precision.missed;
      precision.widest = std::max(precision.widest, half_width);
    }
  }
  precision.median = Measurement::none;
  if (!half_widths.empty()) {
    const auto middle = half_widths.begin() + static_cast<std::ptrdiff_t>(half_widths.size() / 2);
    std::ranges::nth_element(half_widths, middle);
    precision.median = *middle;
  }
  return precision;
}

CoreShare core_share(const Report& report) {
  CoreShare share;
  const auto fact = report.run.machine.facts.find("cores");
  if (fact == report.run.machine.facts.end()) return share;
  std::from_chars(fact->second.data(), fact->second.data() + fact->second.size(), share.cores);
  for (const Measurement& row : report.dataset.rows()) {
    if (row.setting.backend != "host" && report.run.machine.platform != "cpu") continue;
    share.ranks = std::max(share.ranks, row.problem.tp_size / std::max(row.setting.hosts, 1));
  }
  return share;
}

}  // namespace arbiter
