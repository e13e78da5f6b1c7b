#include "json/document.hpp"

#include <sstream>

#include "arbiter/decision_table.hpp"
#include "arbiter/heuristic.hpp"

namespace arbiter {

namespace {

using nlohmann::ordered_json;

/// What was not recorded is null.
ordered_json unless(bool unknown, ordered_json value) { return unknown ? ordered_json(nullptr) : std::move(value); }

ordered_json measurements(const Dataset& dataset) {
  ordered_json rows = ordered_json::array();
  for (const Measurement& m : dataset.rows()) {
    const bool from_elsewhere = m.backend.empty();
    rows.push_back(ordered_json::array({m.problem.tp_size,
                                        name_of(m.problem.dtype),
                                        m.problem.fusion,
                                        m.problem.hidden_size,
                                        m.problem.num_tokens,
                                        m.strategy,
                                        m.op,
                                        m.failed ? "failed" : "ok",
                                        m.time_us,
                                        unless(from_elsewhere, m.backend),
                                        unless(from_elsewhere, m.graph ? "graph" : "eager"),
                                        unless(m.iterations_per_sample == 0, m.iterations_per_sample),
                                        unless(m.samples == 0, m.samples),
                                        m.min_us,
                                        m.p95_us,
                                        m.ci_low_us,
                                        m.ci_high_us,
                                        m.error,
                                        m.lower_bound_us,
                                        unless(m.reason.empty(), m.reason)}));
  }
  return {{"columns",
           {"tp_size",
            "dtype",
            "fusion",
            "hidden_size",
            "num_tokens",
            "strategy",
            "op",
            "status",
            "time_us",
            "backend",
            "execution",
            "iterations_per_sample",
            "samples",
            "min_us",
            "p95_us",
            "ci_low_us",
            "ci_high_us",
            "error",
            "lower_bound_us",
            "reason"}},
          {"rows", std::move(rows)}};
}

ordered_json missing_cells(const std::vector<NeverMeasured>& missing) {
  ordered_json rows = ordered_json::array();
  for (const NeverMeasured& cell : missing) {
    rows.push_back(
        ordered_json::array({cell.problem.tp_size, name_of(cell.problem.dtype), cell.problem.fusion,
                             cell.problem.hidden_size, cell.problem.num_tokens, cell.strategy, cell.reason}));
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

}  // namespace

ordered_json decision_document(const Report& report, const std::vector<NeverMeasured>& missing) {
  ordered_json selectors = ordered_json::array();
  for (const auto& selector : report.selectors) selectors.push_back(selector_entry(*selector, report.dataset));
  return {{"format", decision_json_format},
          {"version", decision_json_version},
          {"made_by", MADE_BY},
          {"machine", {{"platform", report.run.machine.platform}, {"facts", report.run.machine.facts}}},
          {"selectors", std::move(selectors)},
          {"grid", measurements(report.dataset)},
          {"holdout", measurements(report.holdout)},
          {"never_measured", missing_cells(missing)}};
}

}  // namespace arbiter
