// SPDX-License-Identifier: Apache-2.0
#include "common/engine_rows.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

constexpr const char* own_kernels[] = {"ONESHOT", "TWOSHOT"};

void refuse_own_kernels(const EngineSource& source, const std::vector<EnginePath>& paths) {
  for (const EnginePath& path : paths) {
    for (const std::string& strategy : path.strategies) {
      if (std::ranges::find(own_kernels, strategy) == std::end(own_kernels)) continue;
      throw DataError(
          fmt::format("{}: {}: found {}, which is Arbiter's own kernel, allowed: strategies that run a kernel of {}",
                      source.sink, path.name, strategy, source.engine));
    }
  }
}

/// Of each tp size on the fewest hosts that it was measured on, as decisions are. The holdout of the same.
EngineRows in_engine_context(const Report& report) {
  const Dataset& all = report.all_rows == nullptr ? report.dataset : *report.all_rows;
  const Dataset& with_holdout = report.all_rows == nullptr ? report.holdout : *report.all_rows;
  const auto counts = [&](const Measurement& row) {
    return row.setting.context == Context::engine && row.setting.op == "allreduce" &&
           row.setting.backend == report.setting.backend;
  };
  std::map<int, int> fewest;
  for (const Measurement& row : all.rows()) {
    if (row.holdout || !counts(row)) continue;
    int& hosts = fewest.try_emplace(row.problem.tp_size, row.setting.hosts).first->second;
    hosts = std::min(hosts, row.setting.hosts);
  }
  const auto is_used = [&](const Measurement& row) {
    const auto hosts = fewest.find(row.problem.tp_size);
    return counts(row) && hosts != fewest.end() && row.setting.hosts == hosts->second;
  };
  EngineRows result{Dataset(report.dataset.machine()), Dataset(report.dataset.machine())};
  for (const Measurement& row : all.rows()) {
    if (!row.holdout && is_used(row)) result.rows.add(row);
  }
  for (const Measurement& row : with_holdout.rows()) {
    if ((row.holdout || report.all_rows == nullptr) && is_used(row)) result.holdout.add(row);
  }
  return result;
}

bool is_measured(const Dataset& rows, const EnginePath& path) {
  return std::ranges::any_of(path.strategies, [&](const std::string& strategy) { return has_times(rows, strategy); });
}

/// "of FLASHINFER_ONESHOT, NCCL": those of the paths, each once.
std::string names_of(const std::vector<EnginePath>& paths) {
  std::vector<std::string> names;
  for (const EnginePath& path : paths) {
    for (const std::string& strategy : path.strategies) {
      if (std::ranges::find(names, strategy) == names.end()) names.push_back(strategy);
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// What the data have instead.
std::string found_instead(const Report& report, const Dataset& rows, const std::vector<EnginePath>& paths) {
  if (!rows.empty()) return fmt::format("in the engine context are {}", fmt::join(rows.strategies(), ", "));
  const Dataset& all = report.all_rows == nullptr ? report.dataset : *report.all_rows;
  std::vector<std::string> contexts;
  for (const Measurement& row : all.rows()) {
    std::string name(name_of(row.setting.context));
    if (std::ranges::find(contexts, name) == contexts.end()) contexts.push_back(std::move(name));
  }
  if (contexts.empty()) return "there are no data";
  const bool any = std::ranges::any_of(paths, [&](const EnginePath& path) { return is_measured(all, path); });
  return fmt::format(
      "the data{} are of the context {}, in which no engine runs (a file without the column `context` "
      "counts as back_to_back)",
      any ? " of these" : "", fmt::join(contexts, ", "));
}

}  // namespace

std::optional<EngineRows> engine_rows(const Report& report, const EngineSource& source,
                                      const std::vector<EnginePath>& kernels,
                                      const std::vector<EnginePath>& libraries) {
  refuse_own_kernels(source, kernels);
  refuse_own_kernels(source, libraries);
  EngineRows result = in_engine_context(report);
  if (std::ranges::any_of(kernels, [&](const EnginePath& path) { return is_measured(result.rows, path); })) {
    return result;
  }
  report.say(
      fmt::format("{}: nothing to write: {}'s own kernels were not measured in the engine context: {}; looked for {}; "
                  "to measure them, add them to `strategies:`, as {} does: {}, with `context: engine`",
                  source.sink, source.engine, found_instead(report, result.rows, kernels), names_of(kernels),
                  engines_config, source.example));
  return std::nullopt;
}

void keep_artefact_rows(EngineRows& rows, const Report& report, const std::string& sink) {
  rows.rows = of_artefact_dtype(report, timed_as_engines_decode(rows.rows), sink);
  Dataset holdout(rows.holdout.machine());
  for (const int tp_size : rows.rows.tp_sizes()) {  // timed as those that it judges
    const bool graph = rows.rows.of_tp_size(tp_size).rows().front().setting.graph;
    holdout.append(timed_in_graphs(rows.holdout.of_tp_size(tp_size), graph));
  }
  rows.holdout = holdout.of_dtype(artefact_dtype(rows.rows));
}

std::vector<std::string> engine_head(const std::string& title, const Report& report, const EngineRows& rows,
                                     DType dtype, const EngineSource& source, const std::vector<EnginePath>& paths) {
  std::vector<EnginePath> measured;
  std::vector<std::string> missing;
  for (const EnginePath& path : paths) {
    if (is_measured(rows.rows, path)) {
      measured.push_back(path);
    } else {
      missing.push_back(path.name);
    }
  }
  Report own = report;
  own.setting = rows.setting();
  std::vector<std::string> lines = head_lines(title, own, dtype, source.engine, measured);
  if (!missing.empty()) lines.push_back(fmt::format("Not measured: {}.", fmt::join(missing, ", ")));
  return lines;
}

}  // namespace arbiter
