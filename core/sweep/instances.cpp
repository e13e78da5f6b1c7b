// SPDX-License-Identifier: Apache-2.0
#include "sweep/instances.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/search_path.hpp"

namespace arbiter {

namespace {

template <class Kind>
using ByName = std::map<std::string, std::shared_ptr<Kind>, std::less<>>;

template <class Kind>
ByName<Kind> make_all(const std::vector<PluginChoice>& choices, const PluginHost& plugins, PluginKind kind,
                      const std::string& backend, std::vector<std::string>& remarks) {
  ByName<Kind> made;
  for (const auto& choice : choices) {
    try {
      made[choice.name] = make_plugin<Kind>(plugins, kind, choice.plugin, choice.parameters, backend);
    } catch (const PluginError& error) {
      if (choice.by_name) throw;
      const auto remark = fmt::format("the run continues without {}: {}", choice.name, error.what());
      if (std::find(remarks.begin(), remarks.end(), remark) == remarks.end()) remarks.push_back(remark);
    }
  }
  if (made.empty()) throw PluginError(fmt::format("no {} is left: {}", name_of(kind), fmt::join(remarks, "; ")));
  return made;
}

/// Collective.
template <class Kind>
void erase_missing_elsewhere(ByName<Kind>& made, ProcessGroup& group) {
  std::string own = "\n";
  for (const auto& [name, object] : made) own += name + "\n";
  for (const auto& names : group.all_gather(own)) {
    std::erase_if(made, [&](const auto& entry) { return names.find("\n" + entry.first + "\n") == std::string::npos; });
  }
}

}  // namespace

std::shared_ptr<Backend> usable_backend(const Config& config, const PluginHost& plugins) {
  auto backend = make_plugin<Backend>(plugins, PluginKind::backend, config.backend);
  if (const auto available = backend->available(); !available) {
    throw Error(fmt::format("the {} backend cannot be used here: {}", config.backend, available.reason));
  }
  return backend;
}

Instances make_instances(const Config& config, const PluginHost& plugins, std::vector<std::string>& remarks,
                         std::shared_ptr<Backend> backend) {
  Instances instances;
  instances.backend = backend == nullptr ? usable_backend(config, plugins) : std::move(backend);
  instances.fusions = make_all<Fusion>(config.fusions, plugins, PluginKind::fusion, "", remarks);
  if (plugins.find(PluginKind::fusion, no_fusion) != nullptr) {
    instances.none = make_plugin<Fusion>(plugins, PluginKind::fusion, std::string(no_fusion));
  }
  return instances;
}

void keep_common(Instances& instances, ProcessGroup& group) { erase_missing_elsewhere(instances.fusions, group); }

StrategySet::StrategySet(const Config& config, const PluginHost& plugins, std::vector<std::string>& remarks)
    : config_(config),
      plugins_(plugins),
      made_(make_all<Strategy>(config.strategies, plugins, PluginKind::strategy, config.backend, remarks)) {}

StrategySet::StrategySet(const Config& config, const PluginHost& plugins, std::vector<std::string>& remarks,
                         const std::vector<std::string>& names)
    : config_(config), plugins_(plugins) {
  std::vector<PluginChoice> chosen;
  for (const auto& choice : config.strategies) {
    if (std::ranges::find(names, choice.name) != names.end()) chosen.push_back(choice);
  }
  if (!chosen.empty()) made_ = make_all<Strategy>(chosen, plugins, PluginKind::strategy, config.backend, remarks);
}

void StrategySet::keep_common(ProcessGroup& group) { erase_missing_elsewhere(made_, group); }

Strategy& StrategySet::get(const std::string& name) {
  auto& made = made_[name];
  if (made == nullptr) {
    const auto& choices = config_.strategies;
    const auto choice =
        std::find_if(choices.begin(), choices.end(), [&](const auto& candidate) { return candidate.name == name; });
    made =
        choice != choices.end()
            ? make_plugin<Strategy>(plugins_, PluginKind::strategy, choice->plugin, choice->parameters, config_.backend)
            : make_plugin<Strategy>(plugins_, PluginKind::strategy, name, std::nullopt, config_.backend);
  }
  return *made;
}

void StrategySet::discard(const std::string& name) { made_[name] = nullptr; }

std::vector<PluginHost::Creation> foreign_backends(const PluginHost& plugins) {
  std::vector<PluginHost::Creation> creations;
  for (const auto& entry : plugins.entries()) {
    if (entry.refused.empty() && entry.kind == PluginKind::backend && !is_built_in(entry.file)) {
      creations.emplace_back(entry.file, Parameters(entry.parameters));
    }
  }
  return creations;
}

std::vector<PluginHost::Creation> foreign_choices(const Config& config, const PluginHost& plugins) {
  std::vector<PluginHost::Creation> creations;
  const auto add = [&](const std::vector<PluginChoice>& choices, PluginKind kind) {
    for (const auto& choice : choices) {
      const auto* entry = plugins.find(kind, choice.plugin, kind == PluginKind::strategy ? config.backend : "");
      if (entry != nullptr && !is_built_in(entry->file)) creations.emplace_back(entry->file, choice.parameters);
    }
  };
  add(config.fusions, PluginKind::fusion);
  add(config.strategies, PluginKind::strategy);
  add(config.heuristics, PluginKind::heuristic);
  add(config.sinks, PluginKind::sink);
  return creations;
}

void try_factories(const Config& config, const PluginHost& plugins) {
  const auto try_each = [&](const char* section, const std::vector<PluginChoice>& choices, PluginKind kind) {
    for (const auto& choice : choices) {
      try {
        const auto* entry = plugins.find(kind, choice.plugin, kind == PluginKind::strategy ? config.backend : "");
        if (entry != nullptr) static_cast<void>(plugins.create(*entry, choice.parameters));
      } catch (const ConfigError& error) {
        throw ConfigError(fmt::format("{}: {}.{}: {}", config.source, section, choice.name, error.what()));
      } catch (const PluginError&) {
        // Reported where the plugin is used.
      }
    }
  };
  try_each("problems.fusion", config.fusions, PluginKind::fusion);
  try_each("strategies", config.strategies, PluginKind::strategy);
  try_each("heuristics", config.heuristics, PluginKind::heuristic);
  try_each("sinks", config.sinks, PluginKind::sink);
}

}  // namespace arbiter
