// SPDX-License-Identifier: Apache-2.0
#include "summary/trust.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "summary/text_wrap.hpp"

namespace arbiter {

namespace {

struct Precision {
  std::int64_t rows = 0;     ///< with a goal
  std::int64_t missed = 0;   ///< wider than it
  std::int64_t unknown = 0;  ///< too few samples for an interval
  double goal = 0.0;         ///< percent; the loosest, where runs differ
  double widest = 0.0;       ///< percent
};

Precision precision_of(const Report& report) {
  std::map<std::string, double> goals;
  for (const RunRecord& run : report.run.runs) goals[run.id] = run.precision_percent;
  Precision precision;
  for (const Dataset* rows : {&report.dataset, &report.holdout}) {
    for (const Measurement& row : rows->rows()) {
      const auto goal = goals.find(row.run_id);
      if (!row.usable() || goal == goals.end() || std::isnan(goal->second)) continue;
      ++precision.rows;
      precision.goal = std::max(precision.goal, goal->second);
      const double half_width = 50.0 * (row.ci_high_us - row.ci_low_us) / row.time_us;
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
  return precision;
}

std::string precision_text(const Report& report) {
  const Precision precision = precision_of(report);
  if (precision.missed + precision.unknown == 0) return {};
  std::string text = fmt::format("{} of {} rows missed their precision of +-{:g} %",
                                 precision.missed + precision.unknown, precision.rows, precision.goal);
  if (precision.missed > 0) text += fmt::format(", the worst with +-{:.1f} %", precision.widest);
  if (precision.unknown > 0) text += fmt::format(", {} have too few samples for an interval", precision.unknown);
  return text +
         ": differences smaller than that are not decided by them. A larger measurement.time_target_ms gives "
         "them more samples.";
}

std::string cores_text(const Report& report) {
  const auto fact = report.run.machine.facts.find("cores");
  if (fact == report.run.machine.facts.end()) return {};
  int cores = 0;
  std::from_chars(fact->second.data(), fact->second.data() + fact->second.size(), cores);
  int ranks = 0;
  for (const Measurement& row : report.dataset.rows()) {
    if (row.setting.backend != "host" && report.run.machine.platform != "cpu") continue;
    ranks = std::max(ranks, row.problem.tp_size / std::max(row.setting.hosts, 1));
  }
  if (cores <= 0 || ranks <= cores) return {};
  return fmt::format(
      "{} ranks shared {} cores ({:.1f} per core): these times are of ranks that wait for a core, and say nothing "
      "about "
      "a machine with a core for each.",
      ranks, cores, static_cast<double>(ranks) / cores);
}

std::string threshold_text(const std::vector<RegretRow>& rows) {
  const auto over_all = [](const RegretRow& row) {
    return row.tp_size == 0 && row.holdout.cells > row.holdout.unmeasured;
  };
  const auto threshold = std::ranges::find_if(rows, [&](const RegretRow& row) {
    return over_all(row) && row.source == RegretSource::reference && row.selector == "best byte threshold";
  });
  if (threshold == rows.end()) return {};
  std::string worse;
  for (const RegretRow& row : rows) {
    // A hundredth of a percent is no difference.
    if (!over_all(row) || row.source != RegretSource::heuristic || row.holdout.mean <= threshold->holdout.mean + 1e-4) {
      continue;
    }
    worse += fmt::format("{}{} ({:.2f} %)", worse.empty() ? "" : ", ", row.selector, 100.0 * row.holdout.mean);
  }
  if (worse.empty()) return {};
  return fmt::format(
      "On the holdout one byte threshold is better (mean regret {:.2f} %) than {}: off the grid use the threshold, or "
      "measure a denser grid.",
      100.0 * threshold->holdout.mean, worse);
}

}  // namespace

std::vector<std::string> trust_lines(const Report& report, const std::vector<RegretRow>& rows) {
  std::vector<std::string> lines;
  for (const std::string& text : {precision_text(report), cores_text(report), threshold_text(rows)}) {
    if (text.empty()) continue;
    if (lines.empty()) lines.emplace_back();
    append_wrapped(lines, "Trust: " + text, 4);
  }
  return lines;
}

}  // namespace arbiter
