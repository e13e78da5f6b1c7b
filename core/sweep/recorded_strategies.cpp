// SPDX-License-Identifier: Apache-2.0
#include "sweep/recorded_strategies.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

/// "ONESHOT" of "ONESHOT 1.0".
std::string without_version(std::string_view plugin) { return std::string(plugin.substr(0, plugin.find(' '))); }

std::string backend_of(const Provenance& run) {
  const auto found = run.settings.find("backend");
  return found == run.settings.end() ? std::string() : without_version(found->second);
}

/// In the order of the run's configuration, which alone has the table ids. What its parameters were is in the settings,
/// with the defaults of the Arbiter that measured.
std::vector<PluginChoice> strategies_of(const Provenance& run, const PluginHost& plugins) {
  std::vector<PluginChoice> choices;
  try {
    choices = ConfigText(run.config, run.config_source, run.overrides).strategies(plugins, backend_of(run));
  } catch (const ConfigError&) {
    // Such a text is of another Arbiter, or was edited. The settings do not need it.
  }
  constexpr std::string_view section = "strategies.";
  std::vector<PluginChoice> recorded;
  for (const auto& [key, value] : run.settings) {
    if (!key.starts_with(section)) continue;
    const std::string rest = key.substr(section.size());
    const auto dot = rest.find('.');
    const std::string name = rest.substr(0, dot);
    auto known = std::ranges::find(recorded, name, &PluginChoice::name);
    if (known == recorded.end()) {
      known = recorded.emplace(known);
      known->name = name;
    }
    if (dot == std::string::npos) {
      known->plugin = without_version(value);
    } else {
      known->parameters.set({rest.c_str() + dot + 1, ParameterType::text, "", "", ""}, value);
    }
  }
  const auto place = [&](const PluginChoice& choice) {
    return std::ranges::find(choices, choice.name, &PluginChoice::name) - choices.begin();
  };
  for (auto& choice : recorded) {
    const auto written = std::ranges::find(choices, choice.name, &PluginChoice::name);
    if (written != choices.end()) choice.table_id = written->table_id;
  }
  std::ranges::stable_sort(recorded, {}, place);
  return recorded;
}

/// Adds a strategy whose name is not there. A number that another one has is not its too: a table would have one number
/// for both.
void add(std::vector<PluginChoice>& strategies, PluginChoice choice) {
  if (std::ranges::find(strategies, choice.name, &PluginChoice::name) != strategies.end()) return;
  if (std::ranges::find(strategies, choice.table_id, &PluginChoice::table_id) != strategies.end()) choice.table_id = -1;
  strategies.push_back(std::move(choice));
}

}  // namespace

void add_recorded_strategies(Config& config, const std::vector<Provenance>& runs, const PluginHost& plugins) {
  std::vector<PluginChoice> recorded;
  std::string backend;
  for (const auto& run : runs) {
    for (auto& choice : strategies_of(run, plugins)) {
      if (backend.empty()) backend = backend_of(run);
      if (backend == backend_of(run)) add(recorded, std::move(choice));
    }
  }
  if (std::ranges::none_of(config.strategies, &PluginChoice::by_name)) {
    if (!recorded.empty()) config.backend = backend;
    config.strategies = std::move(recorded);
  } else if (config.backend == backend) {
    for (auto& choice : recorded) add(config.strategies, std::move(choice));
  }
}

std::string unrecorded_strategies(const Dataset& rows, const Config& config, const PluginHost& plugins) {
  std::vector<std::string> known = plugins.names(PluginKind::strategy);
  for (const auto& choice : config.strategies) known.push_back(choice.name);
  std::vector<std::string> unknown;
  std::set<const std::string*> seen;  // a name's text has one address
  for (const auto& row : rows.rows()) {
    // unknown_names() is about the rows of other tools.
    if (row.run_id.empty() || row.strategy == "AUTO" || !seen.insert(&row.strategy.text()).second) continue;
    if (std::ranges::find(known, row.strategy.text()) == known.end()) unknown.push_back(row.strategy);
  }
  if (unknown.empty()) return {};
  return fmt::format(
      "what {} {} is not known: no run.<id>.json beside the CSVs and no strategies: of a configuration says it; "
      "decision.json has no parameters of {}",
      fmt::join(unknown, ", "), unknown.size() == 1 ? "is" : "are", unknown.size() == 1 ? "it" : "them");
}

}  // namespace arbiter
