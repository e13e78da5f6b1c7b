// SPDX-License-Identifier: Apache-2.0
#include "json/decision_document.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "arbiter/decision_table.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/names.hpp"

namespace arbiter {

namespace {

using nlohmann::ordered_json;

/// Null for what was not recorded.
ordered_json unless(bool unknown, ordered_json value) { return unknown ? ordered_json(nullptr) : std::move(value); }

const char* status_of(const Measurement& row) { return row.failed ? "failed" : row.suspect ? "suspect" : "ok"; }

bool is_utf8(const ordered_json& json) {
  try {
    static_cast<void>(json.dump());
    return true;
  } catch (const ordered_json::type_error&) {
    return false;
  }
}

/// The rows as text, each as readable_json() writes it. What the rows repeat is made into JSON once.
class RowTexts {
 public:
  [[nodiscard]] const std::string& of(const Measurement& m) {
    const bool from_elsewhere = m.setting.backend.empty();
    text_ = "[";
    add(m.problem.tp_size);
    add(m.problem.dtype);
    add(m.problem.fusion);
    add(m.problem.hidden_size);
    add(m.problem.num_tokens);
    add(m.strategy);
    add(m.setting.op);
    add_plain(status_of(m));
    add(m.time_us);
    add_unless(from_elsewhere, m.setting.backend);
    add(m.setting.hosts);
    if (from_elsewhere) {
      add_null();
    } else {
      add_plain(m.setting.graph ? "graph" : "eager");
    }
    add_plain(name_of(m.setting.context));
    if (m.numerics == Numerics::unknown) {
      add_null();
    } else {
      add_plain(name_of(m.numerics));
    }
    add_unless(m.iterations_per_sample == 0, m.iterations_per_sample);
    add_unless(m.tensor_sets == 0, m.tensor_sets);
    add_unless(m.samples == 0, m.samples);
    for (const double value : {m.min_us, m.p95_us, m.ci_low_us, m.ci_high_us, m.error, m.lower_bound_us}) add(value);
    add_unless(m.run_id.empty(), m.run_id);
    add_unless(m.reason.empty(), m.reason);
    text_.back() = ']';
    return text_;
  }

  /// Whether all texts so far were UTF-8.
  [[nodiscard]] bool are_utf8() const { return are_utf8_; }

 private:
  template <std::integral Number>
  void add(Number number) {
    fmt::format_to(std::back_inserter(text_), "{},", number);
  }
  void add(double number) {
    if (!std::isfinite(number)) return add_null();
    std::array<char, 64> digits{};
    text_.append(digits.data(), nlohmann::detail::to_chars(digits.data(), digits.data() + digits.size(), number));
    text_ += ',';
  }
  void add(DType dtype) { add_plain(name_of(dtype)); }
  void add(const Name& name) {
    const auto [known, is_new] = names_.try_emplace(&name.text());
    if (is_new) {
      const ordered_json json = name.text();
      known->second = json_text(json);
      are_utf8_ = are_utf8_ && is_utf8(json);
    }
    text_.append(known->second) += ',';
  }
  template <class Value>
  void add_unless(bool unknown, const Value& value) {
    if (unknown) return add_null();
    add(value);
  }
  /// A text that JSON has no escapes for.
  void add_plain(std::string_view text) { (text_ += '"').append(text).append("\","); }
  void add_null() { text_ += "null,"; }

  std::string text_;
  std::unordered_map<const std::string*, std::string> names_;  // a name's text has one address
  bool are_utf8_ = true;
};

ordered_json columns_of_rows() {
  return {"tp_size",     "dtype",     "fusion",          "hidden_size",     "num_tokens",
          "strategy",    "op",        "status",          "time_us",         "backend",
          "hosts",       "execution", "context",         "numerics",        "iterations_per_sample",
          "tensor_sets", "samples",   "min_of_means_us", "p95_of_means_us", "ci_low_us",
          "ci_high_us",  "error",     "lower_bound_us",  "run_id",          "reason"};
}

ordered_json setting_entry(const Setting& setting) {
  return {{"backend", unless(setting.backend.empty(), setting.backend)},
          {"hosts", setting.hosts},
          {"op", setting.op},
          {"execution", setting.graph ? "graph" : "eager"},
          {"context", name_of(setting.context)}};
}

ordered_json strategy_entries(const std::vector<StrategyDefinition>& strategies) {
  ordered_json entries = ordered_json::object();
  for (const StrategyDefinition& each : strategies) {
    ordered_json parameters = ordered_json::object();
    for (const auto& [name, value] : each.parameters) parameters[name] = value;
    entries[each.name] = {
        {"strategy", each.strategy}, {"backend", each.backend}, {"parameters", std::move(parameters)}};
  }
  return entries;
}

ordered_json run_entries(const RunInfo& info) {
  ordered_json runs = ordered_json::array();
  for (const RunRecord& run : info.runs) {
    runs.push_back(ordered_json::array({run.id, run.date, run.arbiter}));
  }
  return {{"columns", {"run_id", "date", "arbiter"}}, {"rows", std::move(runs)}, {"joined_although", info.mixed}};
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

/// A key of the document whose value has columns and rows, as readable_json() writes it, written as rows are added.
class RowsPart {
 public:
  RowsPart(const std::string& key, const ordered_json& columns, const WritePart& write) : write_(write) {
    text_ = ",\n  \"" + key + "\": {\n    \"columns\": ";
    append(columns, "    ", text_);
    text_ += ",\n    \"rows\": [";
  }
  RowsPart(const RowsPart&) = delete;
  RowsPart& operator=(const RowsPart&) = delete;

  void add(std::string_view row) {
    constexpr std::size_t part_bytes = std::size_t{1} << 20U;
    text_ += is_empty_ ? "\n      " : ",\n      ";
    text_ += row;
    is_empty_ = false;
    if (text_.size() < part_bytes) return;
    write_(text_);
    text_.clear();
  }

  void end() {
    text_ += is_empty_ ? "]\n  }" : "\n    ]\n  }";
    write_(text_);
  }

 private:
  const WritePart& write_;
  std::string text_;
  bool is_empty_ = true;
};

}  // namespace

MissingCells never_measured(const Dataset& dataset, const Dataset& holdout, const MissingCells& skipped) {
  std::map<std::tuple<int, DType, Name>, Axes> parts;
  for (const Measurement& row : dataset.rows()) {
    Axes& axes = parts[{row.problem.tp_size, row.problem.dtype, row.problem.fusion}];
    axes.hidden_sizes.insert(row.problem.hidden_size);
    axes.num_tokens.insert(row.problem.num_tokens);
  }

  MissingCells missing = skipped;
  const auto in_grid = dataset.cells();
  const auto in_holdout = holdout.cells();
  const auto is_measured = [&](const Problem& problem, std::string_view strategy) {
    return std::ranges::any_of(std::array{&in_grid, &in_holdout}, [&](const auto* cells) {
      const auto cell = cells->find(problem);
      return cell != cells->end() &&
             std::ranges::any_of(cell->second, [&](const Measurement* row) { return row->strategy == strategy; });
    });
  };
  std::erase_if(missing, [&](const auto& entry) { return is_measured(entry.first.first, entry.first.second); });
  const std::vector<std::string> strategies = dataset.strategies();
  for (const auto& [key, axes] : parts) {
    const auto& [tp_size, dtype, fusion] = key;
    for (const std::int64_t hidden : axes.hidden_sizes) {
      for (const std::int64_t tokens : axes.num_tokens) {
        const Problem problem{tp_size, dtype, fusion, hidden, tokens};
        for (const std::string& strategy : strategies) {
          if (strategy == "AUTO" || is_measured(problem, strategy)) continue;
          missing.try_emplace({problem, strategy}, "not in the data");
        }
      }
    }
  }
  return missing;
}

void write_decision_document(const Report& report, const MissingCells& missing, const WritePart& write) {
  ordered_json selectors = ordered_json::array();
  for (const auto& selector : report.selectors) selectors.push_back(selector_entry(*selector, report.dataset));
  const ordered_json head = {
      {"format", decision_json_format},
      {"version", decision_json_version},
      {"made_by", MADE_BY},
      {"machine", {{"platform", report.run.machine.platform}, {"facts", report.run.machine.facts}}},
      {"runs", run_entries(report.run)},
      {"setting", setting_entry(report.setting)},
      {"strategies", strategy_entries(report.strategies)},
      {"selectors", std::move(selectors)}};
  std::string text;
  append(head, "", text);
  text.resize(text.size() - 2);  // without its end, "\n}"
  write(text);

  bool are_utf8 = is_utf8(head);
  RowTexts texts;
  for (const bool holdout : {false, true}) {
    RowsPart part(holdout ? "holdout" : "grid", columns_of_rows(), write);
    const Dataset& own = holdout ? report.holdout : report.dataset;
    for (const Measurement& m : (report.all_rows != nullptr ? *report.all_rows : own).rows()) {
      if (report.all_rows == nullptr || m.holdout == holdout) part.add(texts.of(m));
    }
    part.end();
  }
  RowsPart part("never_measured", {"tp_size", "dtype", "fusion", "hidden_size", "num_tokens", "strategy", "reason"},
                write);
  for (const auto& [cell, reason] : missing) {
    const auto& [problem, strategy] = cell;
    const auto row = ordered_json::array({problem.tp_size, name_of(problem.dtype), problem.fusion.text(),
                                          problem.hidden_size, problem.num_tokens, strategy, reason});
    are_utf8 = are_utf8 && is_utf8(row);
    part.add(json_text(row));
  }
  part.end();
  if (!are_utf8 || !texts.are_utf8()) {
    const ordered_json remarks = {
        "JSON has no way to write bytes that are not UTF-8: in names and facts they are U+FFFD"};
    text = ",\n  \"remarks\": ";
    append(remarks, "  ", text);
    write(text);
  }
  write("\n}\n");
}

std::string readable_json(const ordered_json& json) {
  std::string text;
  append(json, "", text);
  return text + "\n";
}

}  // namespace arbiter
