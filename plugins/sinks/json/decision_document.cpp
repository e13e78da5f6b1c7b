// SPDX-License-Identifier: Apache-2.0
#include "json/decision_document.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <tuple>

#include "arbiter/decision_table.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/names.hpp"

namespace arbiter {

namespace {

using nlohmann::ordered_json;

/// Null for what was not recorded.
ordered_json unless(bool unknown, ordered_json value) { return unknown ? ordered_json(nullptr) : std::move(value); }

const char* status_of(const Measurement& row) { return row.failed ? "failed" : row.suspect ? "suspect" : "ok"; }

ordered_json row_of(const Measurement& m) {
  const bool from_elsewhere = m.setting.backend.empty();
  return ordered_json::array({m.problem.tp_size,
                              name_of(m.problem.dtype),
                              m.problem.fusion,
                              m.problem.hidden_size,
                              m.problem.num_tokens,
                              m.strategy,
                              m.setting.op,
                              status_of(m),
                              m.time_us,
                              unless(from_elsewhere, m.setting.backend),
                              m.setting.hosts,
                              unless(from_elsewhere, m.setting.graph ? "graph" : "eager"),
                              name_of(m.setting.context),
                              unless(m.numerics == Numerics::unknown, name_of(m.numerics)),
                              unless(m.iterations_per_sample == 0, m.iterations_per_sample),
                              unless(m.tensor_sets == 0, m.tensor_sets),
                              unless(m.samples == 0, m.samples),
                              m.min_us,
                              m.p95_us,
                              m.ci_low_us,
                              m.ci_high_us,
                              m.error,
                              m.lower_bound_us,
                              unless(m.run_id.empty(), m.run_id),
                              unless(m.reason.empty(), m.reason)});
}

ordered_json measurements(const Report& report, bool holdout) {
  ordered_json rows = ordered_json::array();
  const Dataset& own = holdout ? report.holdout : report.dataset;
  for (const Measurement& m : (report.all_rows != nullptr ? *report.all_rows : own).rows()) {
    if (report.all_rows == nullptr || m.holdout == holdout) rows.push_back(row_of(m));
  }
  return {{"columns", {"tp_size",     "dtype",     "fusion",          "hidden_size",     "num_tokens",
                       "strategy",    "op",        "status",          "time_us",         "backend",
                       "hosts",       "execution", "context",         "numerics",        "iterations_per_sample",
                       "tensor_sets", "samples",   "min_of_means_us", "p95_of_means_us", "ci_low_us",
                       "ci_high_us",  "error",     "lower_bound_us",  "run_id",          "reason"}},
          {"rows", std::move(rows)}};
}

ordered_json setting_entry(const Setting& setting) {
  return {{"backend", unless(setting.backend.empty(), setting.backend)},
          {"hosts", setting.hosts},
          {"op", setting.op},
          {"execution", setting.graph ? "graph" : "eager"},
          {"context", name_of(setting.context)}};
}

ordered_json run_entries(const RunInfo& info) {
  ordered_json runs = ordered_json::array();
  for (const RunRecord& run : info.runs) {
    runs.push_back(ordered_json::array({run.id, run.date, run.arbiter}));
  }
  return {{"columns", {"run_id", "date", "arbiter"}}, {"rows", std::move(runs)}, {"joined_although", info.mixed}};
}

ordered_json cells_and_reasons(const MissingCells& missing) {
  ordered_json rows = ordered_json::array();
  for (const auto& [cell, reason] : missing) {
    const auto& [problem, strategy] = cell;
    rows.push_back(ordered_json::array({problem.tp_size, name_of(problem.dtype), problem.fusion, problem.hidden_size,
                                        problem.num_tokens, strategy, reason}));
  }
  return {{"columns", {"tp_size", "dtype", "fusion", "hidden_size", "num_tokens", "strategy", "reason"}},
          {"rows", std::move(rows)}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

ordered_json selector_entry(const Selector& selector, const Dataset& dataset) {
  const DecisionTable* table = selector.table();
  return {{"name", selector.name()},
          {"report", lines_of(selector.report())},
          {"sampled", table == nullptr},
          {"table", ordered_json::parse(to_json(table != nullptr ? *table : sampled_table(selector, dataset)))}};
}

bool is_utf8(const ordered_json& json) {
  try {
    static_cast<void>(json.dump());
    return true;
  } catch (const ordered_json::type_error&) {
    return false;
  }
}

struct Axes {
  std::set<std::int64_t> hidden_sizes;
  std::set<std::int64_t> num_tokens;
};

bool is_plain(const ordered_json& json) { return !json.is_structured() || json.empty(); }

/// Lists of numbers and rows of tables are; long lists of strings are not.
bool is_on_one_line(const ordered_json& json) {
  constexpr std::size_t widest = 120;
  if (is_plain(json)) return true;
  if (!json.is_array() || !std::ranges::all_of(json, is_plain)) return false;
  const bool texts = std::ranges::all_of(json, [](const ordered_json& item) { return item.is_string(); });
  return !texts || json_text(json).size() <= widest;
}

void append(const ordered_json& json, const std::string& indent, std::string& text) {
  if (is_on_one_line(json)) {
    text += json_text(json);
    return;
  }
  const std::string deeper = indent + "  ";
  text += json.is_object() ? "{" : "[";
  const char* separator = "\n";
  for (const auto& [key, value] : json.items()) {
    text += separator + deeper;
    if (json.is_object()) text += json_text(ordered_json(key)) + ": ";
    append(value, deeper, text);
    separator = ",\n";
  }
  text += "\n" + indent + (json.is_object() ? "}" : "]");
}

}  // namespace

MissingCells never_measured(const Dataset& dataset, const Dataset& holdout, const MissingCells& skipped) {
  std::map<std::tuple<int, DType, std::string>, Axes> parts;
  for (const Measurement& row : dataset.rows()) {
    Axes& axes = parts[{row.problem.tp_size, row.problem.dtype, row.problem.fusion}];
    axes.hidden_sizes.insert(row.problem.hidden_size);
    axes.num_tokens.insert(row.problem.num_tokens);
  }

  MissingCells missing = skipped;
  const std::vector<std::string> strategies = dataset.strategies();
  for (const auto& [key, axes] : parts) {
    const auto& [tp_size, dtype, fusion] = key;
    for (const std::int64_t hidden : axes.hidden_sizes) {
      for (const std::int64_t tokens : axes.num_tokens) {
        for (const std::string& strategy : strategies) {
          if (strategy == "AUTO") continue;
          missing.try_emplace({{tp_size, dtype, fusion, hidden, tokens}, strategy}, "not in the data");
        }
      }
    }
  }
  for (const Dataset* measured : {&dataset, &holdout}) {
    for (const Measurement& row : measured->rows()) missing.erase({row.problem, row.strategy});
  }
  return missing;
}

ordered_json decision_document(const Report& report, const MissingCells& missing) {
  ordered_json selectors = ordered_json::array();
  for (const auto& selector : report.selectors) selectors.push_back(selector_entry(*selector, report.dataset));
  ordered_json document = {
      {"format", decision_json_format},
      {"version", decision_json_version},
      {"made_by", MADE_BY},
      {"machine", {{"platform", report.run.machine.platform}, {"facts", report.run.machine.facts}}},
      {"runs", run_entries(report.run)},
      {"setting", setting_entry(report.setting)},
      {"selectors", std::move(selectors)},
      {"grid", measurements(report, false)},
      {"holdout", measurements(report, true)},
      {"never_measured", cells_and_reasons(missing)}};
  if (!is_utf8(document)) {
    document["remarks"] = {"JSON has no way to write bytes that are not UTF-8: in names and facts they are U+FFFD"};
  }
  return document;
}

std::string readable_json(const ordered_json& json) {
  std::string text;
  append(json, "", text);
  return text + "\n";
}

}  // namespace arbiter
