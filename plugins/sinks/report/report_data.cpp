// SPDX-License-Identifier: Apache-2.0
#include "report/report_data.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "arbiter/names.hpp"
#include "arbiter/units.hpp"
#include "color.hpp"
#include "common/library_gain.hpp"
#include "common/verdict.hpp"
#include "report/groups.hpp"

namespace arbiter {

namespace {

using nlohmann::ordered_json;

ordered_json figures(const Regret& regret) {
  return ordered_json::array(
      {regret.cells, regret.unmeasured, regret.mean, regret.p95, regret.worst, regret.within_one_percent});
}

ordered_json regret_entries(const std::vector<RegretRow>& rows) {
  ordered_json entries = ordered_json::array();
  for (const RegretRow& row : rows) {
    entries.push_back(
        ordered_json::array({plain_text(row.selector), name_of(row.source), row.tp_size, plain_text(row.fusion),
                             row.regions, figures(row.grid), figures(row.holdout)}));
  }
  return entries;
}

ordered_json run_entries(const RunInfo& info) {
  ordered_json runs = ordered_json::array();
  for (const RunRecord& run : info.runs) {
    runs.push_back(ordered_json::array(
        {plain_text(run.id), plain_text(run.date), plain_text(run.arbiter), run.precision_percent}));
  }
  return runs;
}

ordered_json plain_list(const std::vector<std::string>& texts) {
  ordered_json list = ordered_json::array();
  for (const std::string& text : texts) list.push_back(plain_text(text));
  return list;
}

/// Sentences, where a text of lines wraps them.
ordered_json unwrapped(const std::vector<std::string>& lines) {
  std::vector<std::string> sentences;
  for (const std::string& line : lines) {
    if (line.starts_with("  ") && !sentences.empty()) {
      sentences.back() += line.substr(1);
    } else {
      sentences.push_back(line);
    }
  }
  return sentences;
}

/// The rows that failed or are suspect, those of the holdout too: state, strategy, shape, context, reason.
ordered_json trouble_entries(const Dataset& rows) {
  ordered_json entries = ordered_json::array();
  for (const Measurement& row : rows.rows()) {
    if (!row.failed && !row.suspect) continue;
    std::string reason = plain_text(row.reason);
    if (row.suspect && !row.failed && reason.empty()) {
      reason = fmt::format("{} is less than the lower bound of {}", time_text_to_compare(row.time_us),
                           time_text_to_compare(row.lower_bound_us));
    }
    if (reason.empty()) reason = "the .log beside the CSV has the reason";
    entries.push_back(ordered_json::array({row.failed ? "failed" : "suspect", plain_text(row.strategy),
                                           plain_text(to_string(row.problem)), name_of(row.setting.context), reason}));
  }
  return entries;
}

/// The cells that were never measured, by reason: how many, why, and the first of them.
ordered_json skipped_entries(const SkippedCells& skipped, const Dataset& rows) {
  struct Count {
    std::int64_t cells = 0;
    std::string first;
  };
  SkippedCells rest = skipped;
  for (const Measurement& row : rows.rows()) rest.erase({row.problem, row.strategy});
  std::map<std::string, Count> reasons;
  for (const auto& [cell, reason] : rest) {
    Count& count = reasons[reason];
    if (count.cells++ == 0) count.first = fmt::format("{}, {}", to_string(cell.first), cell.second);
  }
  ordered_json entries = ordered_json::array();
  for (const auto& [reason, count] : reasons) {
    entries.push_back(ordered_json::array({std::to_string(count.cells), plain_text(reason), plain_text(count.first)}));
  }
  return entries;
}

ordered_json curve_entries(std::span<const ByteCurve> curves) {
  const auto named = plots::curve_colors(curves);
  ordered_json entries = ordered_json::array();
  for (std::size_t i = 0; i < curves.size(); ++i) {
    ordered_json points = ordered_json::array();
    for (const auto& point : curves[i].points) points.push_back(ordered_json::array({point.bytes, point.time_us}));
    entries.push_back(
        ordered_json::array({plain_text(named[i].name), plots::hex(named[i].color), curves[i].tp_size,
                             plain_text(curves[i].fusion), plain_text(curves[i].dtype), std::move(points)}));
  }
  return entries;
}

}  // namespace

ordered_json report_data(const Report& report, const SkippedCells& skipped) {
  Dataset rows = report.dataset;
  rows.append(report.holdout);
  if (report.all_rows != nullptr) rows = *report.all_rows;
  const auto regret = regret_report(report);
  const Groups groups = groups_of(report);

  // As in the pictures; choices that were never measured have a colour too.
  const auto colors = plots::strategy_colors(rows.strategies(), groups.strategies);
  ordered_json strategies = ordered_json::array();
  for (const std::string& name : groups.strategies) {
    strategies.push_back(ordered_json::array({plain_text(name), plots::hex(colors.at(name))}));
  }
  ordered_json facts = ordered_json::array();
  for (const auto& [name, value] : report.run.machine.facts) {
    facts.push_back(ordered_json::array({plain_text(name), plain_text(value)}));
  }
  std::vector<std::string> selectors;
  for (const auto& selector : report.selectors) selectors.push_back(selector->name());
  return {{"made_by", MADE_BY},
          {"verdict", unwrapped(verdict(report, regret))},
          {"platform", plain_text(report.run.machine.platform)},
          {"facts", std::move(facts)},
          {"runs", run_entries(report.run)},
          {"mixed", plain_list(report.run.mixed)},
          {"setting", plain_text(to_string(report.setting))},
          {"strategies", std::move(strategies)},
          {"selectors", plain_list(selectors)},
          {"libraries", plain_list(library_strategies(report.dataset))},
          {"groups", groups.entries},
          {"curves", curve_entries(report.curves)},
          {"regret", regret_entries(regret)},
          {"troubles", trouble_entries(rows)},
          {"skipped", skipped_entries(skipped, rows)}};
}

}  // namespace arbiter
