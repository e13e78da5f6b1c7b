#include "common/engine_data.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace arbiter {

Dataset times_of_paths(const Dataset& dataset, const std::vector<EnginePath>& paths) {
  Dataset result(dataset.machine());
  for (const Measurement& row : dataset.rows()) {
    for (const EnginePath& path : paths) {
      if (std::ranges::find(path.strategies, row.strategy) == path.strategies.end()) continue;
      Measurement renamed = row;
      renamed.strategy = path.name;
      result.add(std::move(renamed));
    }
  }
  return result;
}

Dataset timed_in_graphs(const Dataset& dataset, bool graph) {
  Dataset result(dataset.machine());
  for (const Measurement& row : dataset.rows()) {
    if (row.graph == graph) result.add(row);
  }
  return result;
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

std::string origin_text(const Machine& machine) {
  const auto gpu = machine.facts.find("gpu");
  return gpu == machine.facts.end() ? fmt::format("measured on {}", machine.platform)
                                    : fmt::format("measured on {} ({})", machine.platform, gpu->second);
}

}  // namespace arbiter
