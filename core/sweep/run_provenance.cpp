// SPDX-License-Identifier: Apache-2.0
#include "sweep/run_provenance.hpp"

#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "io/private_text.hpp"
#include "plugin/plugin_host.hpp"
#include "sweep/log.hpp"

namespace arbiter {

namespace {

std::string text_of(const ParameterValue& value) {
  return std::visit(
      [](const auto& held) {
        if constexpr (fmt::is_range<std::decay_t<decltype(held)>, char>::value &&
                      !std::is_same_v<std::decay_t<decltype(held)>, std::string>) {
          return fmt::format("[{}]", fmt::join(held, ", "));
        } else {
          return fmt::format("{}", held);
        }
      },
      value);
}

/// "NCCL 1.0": a plugin and its version.
std::string plugin_text(const PluginHost& plugins, PluginKind kind, const std::string& name,
                        const std::string& backend) {
  const auto* entry = plugins.find(kind, name, backend);
  return entry == nullptr ? name : fmt::format("{} {}", name, entry->version);
}

}  // namespace

std::map<std::string, std::string> settings_of(const Config& config, const PluginHost& plugins) {
  std::map<std::string, std::string> settings;
  settings["backend"] = plugin_text(plugins, PluginKind::backend, config.backend, "");
  for (const auto& [key, value] : config.measurement_keys.values()) settings["measurement." + key] = text_of(value);
  for (const auto& strategy : config.strategies) {
    const std::string key = "strategies." + strategy.name;
    settings[key] = plugin_text(plugins, PluginKind::strategy, strategy.plugin, config.backend);
    for (const auto& [name, value] : strategy.parameters.values())
      settings[fmt::format("{}.{}", key, name)] = text_of(value);
  }
  std::vector<std::string> holdout;
  for (const auto& shape : config.holdout) holdout.push_back(fmt::format("{}x{}", shape.num_tokens, shape.hidden_size));
  settings["problems.holdout"] = fmt::format("[{}]", fmt::join(holdout, ", "));
  return settings;
}

std::vector<StrategyDefinition> strategy_definitions(const Config& config) {
  const PrivateNames names = private_names();
  std::vector<StrategyDefinition> definitions;
  definitions.reserve(config.strategies.size());
  for (const auto& choice : config.strategies) {
    auto& made = definitions.emplace_back(StrategyDefinition{choice.name, choice.plugin, config.backend, {}});
    for (const auto& [name, value] : choice.parameters.values()) {
      made.parameters.emplace_back(name, without_private_parts(text_of(value), names));
    }
  }
  return definitions;
}

Provenance make_provenance(const Config& config, const PluginHost& plugins, const Machine& machine, std::string run_id,
                           const std::vector<std::string>& command_line) {
  const PrivateNames names = private_names();
  const auto shown = [&](const std::string& text) { return without_private_parts(text, names); };
  Provenance run;
  run.run_id = std::move(run_id);
  run.date = utc_date();
  run.version = built_version();
  run.commit = built_commit();
  for (const auto& argument : command_line) run.command_line.push_back(shown(argument));
  run.config_source = shown(config.source);
  run.config = shown(config.text);
  run.config_hash = text_hash(config.text);
  for (const auto& text : config.overrides) run.overrides.push_back(shown(text));
  run.settings = settings_of(config, plugins);
  for (auto& [key, value] : run.settings) value = shown(value);
  run.machine = machine;
  if (const auto id = machine_id(); !id.empty()) run.machine.facts.emplace("machine_id", id);
  run.environment = timing_environment(environ, names);
  return run;
}

std::map<std::string, std::string> package_versions(const Config& config, const Part& part, StrategySet& strategies) {
  const PrivateNames names = private_names();
  std::map<std::string, std::string> versions;
  for (const auto& choice : config.strategies) {
    if (!strategies.contains(choice.name)) continue;
    if (!part.interpreter.empty() && !choice.interpreter_name().empty()) {
      versions[choice.name + ".python"] =
          without_private_parts(fmt::format("python {} {}", part.version, part.interpreter), names);
    }
    try {
      for (const auto& [name, version] : strategies.get(choice.name).versions()) {
        versions[fmt::format("{}.{}", choice.name, name)] = without_private_parts(version, names);
      }
    } catch (...) {
      log::warn(fmt::format("{}: its versions are not known: {}", choice.name, what_was_thrown()));
    }
  }
  return versions;
}

std::vector<RunRecord> run_records(const std::vector<Provenance>& runs) {
  std::vector<RunRecord> records;
  records.reserve(runs.size());
  for (const auto& run : runs) {
    RunRecord record{run.run_id, run.date, arbiter_of(run)};
    const auto precision = run.settings.find("measurement.precision_percent");
    if (precision != run.settings.end()) {
      const std::string& text = precision->second;
      std::from_chars(text.data(), text.data() + text.size(), record.precision_percent);
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace arbiter
