// SPDX-License-Identifier: Apache-2.0
#include "summary/trust.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/measured_precision.hpp"
#include "common/text_wrap.hpp"

namespace arbiter {

namespace {

std::string precision_text(const Report& report) {
  const MeasuredPrecision precision = measured_precision(report);
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
  const CoreShare share = core_share(report);
  if (!share.is_crowded()) return {};
  return fmt::format(
      "{} ranks shared {} cores ({:.1f} per core): these times are of ranks that wait for a core, and say nothing "
      "about "
      "a machine with a core for each.",
      share.ranks, share.cores, static_cast<double>(share.ranks) / share.cores);
}

std::string threshold_text(const std::vector<RegretRow>& rows) {
  const auto over_all = [](const RegretRow& row) {
    return row.tp_size == 0 && row.holdout.cells > row.holdout.unmeasured;
  };
  const auto threshold = std::ranges::find_if(rows, [&](const RegretRow& row) {
    return over_all(row) && row.source == RegretSource::reference && row.selector == "best byte threshold";
  });
  if (threshold == rows.end()) return {};
  constexpr double no_difference = 1e-4;
  std::string worse;
  const RegretRow* best = nullptr;
  for (const RegretRow& row : rows) {
    if (!over_all(row) || row.source != RegretSource::heuristic) continue;
    if (row.holdout.mean > threshold->holdout.mean + no_difference) {
      worse += fmt::format("{}{} ({:.2f} %)", worse.empty() ? "" : ", ", row.selector, 100.0 * row.holdout.mean);
    } else if (best == nullptr || row.holdout.mean < best->holdout.mean) {
      best = &row;
    }
  }
  if (worse.empty()) return {};
  return fmt::format(
      "On the holdout one byte threshold is better (mean regret {:.2f} %) than {}: off the grid use {}, or measure a "
      "denser grid.",
      100.0 * threshold->holdout.mean, worse,
      best == nullptr ? "the threshold" : fmt::format("{} ({:.2f} %)", best->selector, 100.0 * best->holdout.mean));
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
