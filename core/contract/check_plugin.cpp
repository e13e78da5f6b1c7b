// SPDX-License-Identifier: Apache-2.0
#include "contract/check_plugin.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "config/interpreter.hpp"
#include "config/values.hpp"
#include "contract/contract_checker.hpp"
#include "plugin/search_path.hpp"
#include "sdk/nearest.hpp"
#include "sweep/log.hpp"
#include "sweep/strategy_ids.hpp"

namespace arbiter {

namespace {

constexpr int first_free_id = 100;

std::chrono::seconds patience() {
  constexpr long default_seconds = 60;
  const char* text = std::getenv("ARBITER_CHECK_SECONDS");
  const long seconds = text == nullptr ? default_seconds : std::strtol(text, nullptr, 10);
  if (seconds < 1) throw ConfigError(fmt::format("ARBITER_CHECK_SECONDS: found {}; allowed: from 1 up", text));
  return std::chrono::seconds(seconds);
}

Parameters read_parameters(const PluginEntry& entry, const std::vector<std::string>& texts) {
  Parameters parameters(entry.parameters);
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const auto spec = std::find_if(entry.parameters.begin(), entry.parameters.end(),
                                   [&](const auto& candidate) { return candidate.name == name; });
    if (equals == std::string::npos || spec == entry.parameters.end()) {
      std::vector<std::string> names;
      for (const auto& known : entry.parameters) names.emplace_back(known.name);
      throw ConfigError(
          fmt::format("--set {}: {} has no parameter {}{}", text, entry.name, name, suggestion(name, names)));
    }
    try {
      set_from_yaml(parameters, *spec, text.substr(equals + 1));
    } catch (const ConfigError& error) {
      throw ConfigError(fmt::format("--set {}: {}", text, error.what()));
    }
  }
  return parameters;
}

/// What the descriptor must have beyond what the loader requires.
std::string check_description(const PluginEntry& entry) {
  const auto require = [](bool holds, const std::string& text) {
    if (!holds) throw ContractViolation(text);
  };
  require(!entry.version.empty(), "its descriptor has no version");
  require(!entry.summary.empty(), "its descriptor has no summary");
  require(entry.summary.find('\n') == std::string::npos, "its summary has more than one line");
  for (const auto& parameter : entry.parameters) {
    require(parameter.help != nullptr && *parameter.help != '\0',
            fmt::format("parameter {} has no help", parameter.name));
  }
  // What runs in an interpreter has as many names as the user gives it, and an id for each in the YAML.
  if (entry.kind == PluginKind::strategy && !(needs_interpreter(entry) && entry.table_id < 0)) {
    require(entry.table_id >= 0, "a strategy needs a table_id; from 100 up for third parties");
    const bool allowed = published_table_id(entry.name) == entry.table_id || entry.table_id >= first_free_id ||
                         entry.file.parent_path() == built_in_plugin_dir();
    require(allowed, fmt::format("its table_id {} belongs to another strategy; allowed for third parties: from 100 up",
                                 entry.table_id));
  }
  return fmt::format("{} {}, version {}", name_of(entry.kind), entry.name, entry.version);
}

void check_kind(PluginUnderTest& plugin) {
  switch (plugin.entry.kind) {
    case PluginKind::backend: return check_backend(plugin);
    case PluginKind::strategy: return check_strategy(plugin);
    case PluginKind::fusion: return check_fusion(plugin);
    case PluginKind::heuristic: return check_heuristic(plugin);
    case PluginKind::sink: return check_sink(plugin);
  }
}

}  // namespace

ExitCode check_plugin(const PluginHost& plugins, const PluginEntry& entry, const std::vector<std::string>& parameters,
                      World& world, const std::function<bool(const std::string&)>& report_step) {
  ContractChecker checker(world.all(), patience(), report_step);
  const bool root = world.all().rank() == 0;
  if (root) log::say(entry.file.string());
  checker.expect_on_root("it loads", [&]() -> std::string {
    if (!entry.refused.empty()) throw ContractViolation(entry.refused);
    return {};
  });
  if (checker.violations() > 0) return ExitCode::failed;
  checker.expect_on_root("its descriptor is complete", [&] { return check_description(entry); });

  PluginUnderTest plugin{plugins, entry, read_parameters(entry, parameters), world, checker};
  checker.expect("its factory creates an object", [&]() -> std::string {
    static_cast<void>(plugin.plugins.create(entry, plugin.parameters));
    return {};
  });
  if (checker.violations() == 0) check_kind(plugin);
  if (root) {
    log::say(checker.violations() == 0 ? fmt::format("{} keeps its contract", entry.name)
                                       : fmt::format("{} violates its contract: {} clause{}", entry.name,
                                                     checker.violations(), checker.violations() == 1 ? "" : "s"));
  }
  return checker.violations() == 0 ? ExitCode::done : ExitCode::failed;
}

}  // namespace arbiter
