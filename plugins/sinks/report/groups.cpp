// SPDX-License-Identifier: Apache-2.0
#include "report/groups.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "arbiter/names.hpp"
#include "common/library_gain.hpp"

namespace arbiter {

namespace {

using nlohmann::ordered_json;

/// A setting without its context. Hosts count: a tp size of one host is not that of two.
struct How {
  std::string backend;
  int hosts = 1;
  std::string op;
  bool graph = false;
  friend bool operator==(const How&, const How&) = default;
};

How how_of(const Setting& setting) { return {setting.backend, setting.hosts, setting.op, setting.graph}; }

std::string to_string(const How& how) {
  return fmt::format("{}{}, {}{}", how.backend.empty() ? "" : how.backend + ", ", how.op,
                     how.graph ? "CUDA graph" : "eager", how.hosts == 1 ? "" : fmt::format(", {} hosts", how.hosts));
}

/// Names as indices.
class Indices {
 public:
  std::size_t of(const std::string& name) {
    const auto [at, is_new] = indices_.try_emplace(name, names_.size());
    if (is_new) names_.push_back(name);
    return at->second;
  }
  [[nodiscard]] std::vector<std::string> names() const { return names_; }

 private:
  std::map<std::string, std::size_t> indices_;
  std::vector<std::string> names_;
};

/// [hidden size, tokens, strategy, time, interval's ends, lower bound, state: 0 ok, 1 failed, 2 suspect]
ordered_json row_entry(const Measurement& row, Indices& strategies) {
  const bool has_time = row.time_us > 0.0 && row.time_us <= std::numeric_limits<double>::max();
  const int state = row.failed || !has_time ? 1 : row.suspect ? 2 : 0;
  return ordered_json::array({row.problem.hidden_size, row.problem.num_tokens, strategies.of(row.strategy), row.time_us,
                              row.ci_low_us, row.ci_high_us, row.lower_bound_us, state});
}

ordered_json context_entries(const Dataset& rows, const Setting& deciding, Indices& strategies) {
  ordered_json contexts = ordered_json::array();
  std::vector<Setting> settings = rows.settings();
  std::stable_partition(settings.begin(), settings.end(),
                        [&](const Setting& one) { return one.context == deciding.context; });
  for (const Setting& setting : settings) {
    ordered_json entries = ordered_json::array();
    for (const Measurement& row : rows.rows()) {
      if (row.setting == setting) entries.push_back(row_entry(row, strategies));
    }
    contexts.push_back(
        {{"name", name_of(setting.context)}, {"decides", setting.context == deciding.context}, {"rows", entries}});
  }
  return contexts;
}

/// What each selector chooses, by "<hidden size> <tokens>".
ordered_json choice_entries(const Dataset& rows, const Report& report, Indices& strategies) {
  ordered_json choices = ordered_json::object();
  if (report.selectors.empty()) return choices;
  for (const auto& [problem, cell] : rows.cells()) {
    ordered_json chosen = ordered_json::array();
    for (const auto& selector : report.selectors) chosen.push_back(strategies.of(selector->select(problem)));
    choices[fmt::format("{} {}", problem.hidden_size, problem.num_tokens)] = std::move(chosen);
  }
  return choices;
}

/// The fastest over the better library, in the context that decides, else in the first one.
ordered_json gain_entry(const Dataset& rows, const Setting& deciding) {
  std::vector<Setting> settings = rows.settings();
  std::stable_partition(settings.begin(), settings.end(),
                        [&](const Setting& one) { return one.context == deciding.context; });
  const Dataset judged = rows.of_setting(settings.front());
  const LibraryGain gain = library_gain(judged, library_strategies(judged));
  return gain.cells == 0 ? ordered_json(nullptr) : ordered_json(gain.mean);
}

void append_group(const Dataset& rows, const How& how, bool decides, const Report& report, Indices& strategies,
                  ordered_json& entries) {
  const Problem& problem = rows.rows().front().problem;
  entries.push_back({{"tp", problem.tp_size},
                     {"dtype", name_of(problem.dtype)},
                     {"element_bytes", size_of(problem.dtype)},
                     {"fusion", plain_text(problem.fusion)},
                     {"how", plain_text(to_string(how))},
                     {"gain", gain_entry(rows, report.setting)},
                     {"contexts", context_entries(rows, report.setting, strategies)},
                     {"choices", decides ? choice_entries(rows, report, strategies) : ordered_json::object()}});
}

/// All rows but those of the holdout, by what they are of: in the order of their first one.
std::vector<std::pair<How, Dataset>> by_how(const Report& report) {
  std::vector<std::pair<How, Dataset>> parts;
  const Dataset& rows = report.all_rows != nullptr ? *report.all_rows : report.dataset;
  for (const Measurement& row : rows.rows()) {
    if (row.holdout) continue;
    const How how = how_of(row.setting);
    auto part = std::ranges::find(parts, how, &std::pair<How, Dataset>::first);
    if (part == parts.end()) part = parts.insert(parts.end(), {how, Dataset()});
    part->second.add(row);
  }
  // A decision is of one op and one way to run, on however many hosts.
  std::stable_partition(parts.begin(), parts.end(), [&](const auto& part) {
    return part.first.op == report.setting.op && part.first.graph == report.setting.graph;
  });
  return parts;
}

}  // namespace

Groups groups_of(const Report& report) {
  Indices strategies;
  for (const std::string& name : report.dataset.strategies()) strategies.of(name);
  Groups groups{{}, ordered_json::array()};
  for (const auto& [how, rows] : by_how(report)) {
    const bool decides = how.op == report.setting.op && how.graph == report.setting.graph;
    for (const int tp_size : rows.tp_sizes()) {
      const Dataset of_tp = rows.of_tp_size(tp_size);
      for (const DType dtype : of_tp.dtypes()) {
        const Dataset of_dtype = of_tp.of_dtype(dtype);
        for (const std::string& fusion : of_dtype.fusions()) {
          append_group(of_dtype.of_fusion(fusion), how, decides, report, strategies, groups.entries);
        }
      }
    }
  }
  groups.strategies = strategies.names();
  return groups;
}

}  // namespace arbiter
