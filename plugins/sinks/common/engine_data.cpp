// SPDX-License-Identifier: Apache-2.0
#include "common/engine_data.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"
#include "arbiter/heuristic.hpp"
#include "common/source_text.hpp"

namespace arbiter {

std::vector<EnginePath> paths_of(const Parameters& parameters, std::initializer_list<const char*> names) {
  std::vector<EnginePath> paths;
  for (const char* name : names) paths.push_back({name, parameters.texts(name)});
  return paths;
}

std::string stand_ins_text(const std::string& engine, const std::vector<EnginePath>& paths) {
  std::vector<std::string> items;
  for (const EnginePath& path : paths) {
    if (!path.strategies.empty()) items.push_back(fmt::format("{}: {}", path.name, fmt::join(path.strategies, ", ")));
  }
  return fmt::format("{}'s paths were measured as: {}", engine, fmt::join(items, "; "));
}

Dataset times_of_paths(const Dataset& dataset, const std::vector<EnginePath>& paths) {
  Dataset result(dataset.machine());
  for (const Measurement& row : dataset.rows()) {
    for (const EnginePath& path : paths) {
      if (std::ranges::find(path.strategies, row.strategy) == path.strategies.end()) continue;
      Measurement renamed = row;
      renamed.strategy = path.name;
      result.add(renamed);
    }
  }
  return result;
}

Dataset timed_in_graphs(const Dataset& dataset, bool graph) {
  return dataset.filtered([&](const Measurement& row) { return row.setting.graph == graph; });
}

DType artefact_dtype(const Dataset& dataset) {
  const std::vector<DType> dtypes = dataset.dtypes();
  const bool common = dtypes.empty() || std::ranges::find(dtypes, DType::bfloat16) != dtypes.end();
  return common ? DType::bfloat16 : dtypes.front();
}

Dataset of_artefact_dtype(const Report& report, const Dataset& dataset, const std::string& sink) {
  const DType dtype = artefact_dtype(dataset);
  std::vector<std::string_view> others;
  for (const DType other : dataset.dtypes()) {
    if (other != dtype) others.push_back(name_of(other));
  }
  if (!others.empty()) {
    report.say(
        fmt::format("{}: made of {}; {} in the data are left out", sink, name_of(dtype), fmt::join(others, ", ")));
  }
  return dataset.of_dtype(dtype);
}

Dataset timed_as_engines_decode(const Dataset& dataset) {
  Dataset result(dataset.machine());
  for (const int tp_size : dataset.tp_sizes()) {
    const Dataset all = dataset.of_tp_size(tp_size);
    const Dataset graphs = timed_in_graphs(all, true);
    result.append(graphs.empty() ? all : graphs);
  }
  return result;
}

bool has_times(const Dataset& paths, const std::string& name) {
  return std::ranges::any_of(paths.rows(),
                             [&](const Measurement& row) { return row.strategy == name && row.usable(); });
}

std::optional<int> sm_version(const Report& report, const std::string& sink) {
  const std::string& platform = report.dataset.machine().platform;
  int version = 0;
  if (platform.starts_with("sm")) {
    const char* const end = platform.data() + platform.size();
    const auto [rest, error] = std::from_chars(platform.data() + 2, end, version);
    if (error == std::errc{} && rest == end && version > 0) return version;
  }
  report.say(fmt::format(R"({}: nothing to write: the data are of platform "{}", the engine runs on GPUs ("sm90"))",
                         sink, platform));
  return std::nullopt;
}

const Selector& find_selector(const Report& report, const std::string& name, std::string_view sink) {
  if (report.selectors.empty()) throw DataError(fmt::format("{}: no heuristic made a selector to write", sink));
  if (name.empty()) return *report.selectors.front();
  std::vector<std::string> names;
  for (const auto& selector : report.selectors) {
    if (selector->name() == name) return *selector;
    names.push_back(selector->name());
  }
  throw DataError(fmt::format("{}: selector: found {}, allowed: {}", sink, name, fmt::join(names, ", ")));
}

std::string origin_text(const Machine& machine) {
  const auto gpu = machine.facts.find("gpu");
  return gpu == machine.facts.end() ? fmt::format("measured on {}", machine.platform)
                                    : fmt::format("measured on {} ({})", machine.platform, gpu->second);
}

std::vector<std::string> origin_lines(const Report& report, std::optional<DType> dtype) {
  std::vector<std::string> lines = {
      fmt::format("Setting: {}{}{}.", to_string(report.setting), dtype ? ", " : "", dtype ? name_of(*dtype) : "")};
  for (const RunRecord& run : report.run.runs) {
    lines.push_back(fmt::format("Run {} of {}, Arbiter {}.", run.id, run.date, run.arbiter));
  }
  for (const std::string& line : report.run.mixed) lines.push_back(fmt::format("Joined although {}.", line));
  return lines;
}

std::vector<std::string> head_lines(const std::string& title, const Report& report, DType dtype,
                                    const std::string& engine, const std::vector<EnginePath>& paths) {
  std::vector<std::string> lines = {fmt::format("{}, {}.", title, origin_text(report.dataset.machine()))};
  for (std::string& line : origin_lines(report, dtype)) lines.push_back(std::move(line));
  if (!paths.empty()) lines.push_back(stand_ins_text(engine, paths) + ".");
  return lines;
}

std::string python_head(const std::vector<std::string>& lines) {
  std::string text = python_encoding;
  for (const std::string& line : lines) text += hash_comment(line);
  return text;
}

std::string python_text(const PythonDict& dict) {
  std::vector<std::string> items;
  items.reserve(dict.size());
  for (const auto& [tp_size, value] : dict) items.push_back(fmt::format("{}: {}", tp_size, value));
  return fmt::format("{{{}}}", fmt::join(items, ", "));
}

std::string mib_text(std::int64_t bytes) {
  // Division by a power of two is exact, and {} prints the shortest text that reads back as the same number.
  return fmt::format("{}", static_cast<double>(bytes) / (1024.0 * 1024.0));
}

void report_missing(const Report& report, const std::string& sink, const std::string& name,
                    const std::vector<int>& expected, const PythonDict& dict) {
  std::vector<int> missing;
  for (const int tp_size : expected) {
    if (!dict.contains(tp_size)) missing.push_back(tp_size);
  }
  if (missing.empty()) return;
  report.say(fmt::format("{}: {} has no tp {}: not measured", sink, name, fmt::join(missing, ", ")));
}

}  // namespace arbiter
