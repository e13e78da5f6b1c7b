#include "sweep/instances.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

namespace {

/// Keeps the choices that `make` can make; a run asked for the others only by asking for everything.
template <class Make>
void make_each(std::vector<PluginChoice>& choices, std::vector<std::string>& remarks, const Make& make) {
  std::erase_if(choices, [&](const PluginChoice& choice) {
    try {
      make(choice);
      return false;
    } catch (const PluginError& error) {
      if (choice.by_name) throw;
      remarks.push_back(fmt::format("the run goes on without {}: {}", choice.name, error.what()));
      return true;
    }
  });
}

}  // namespace

void try_factories(const Config& config, const PluginHost& plugins) {
  const auto try_each = [&](const char* section, const std::vector<PluginChoice>& choices, PluginKind kind) {
    for (const auto& choice : choices) {
      try {
        const auto* entry = plugins.find(kind, choice.plugin, kind == PluginKind::strategy ? config.backend : "");
        if (entry != nullptr) static_cast<void>(plugins.create(*entry, choice.parameters));
      } catch (const ConfigError& error) {
        throw ConfigError(fmt::format("{}: {}.{}: {}", config.source, section, choice.name, error.what()));
      } catch (const PluginError&) {
        // Told where it matters.
      }
    }
  };
  try_each("problems.fusion", config.fusions, PluginKind::fusion);
  try_each("strategies", config.strategies, PluginKind::strategy);
  try_each("heuristics", config.heuristics, PluginKind::heuristic);
  try_each("sinks", config.sinks, PluginKind::sink);
}

std::shared_ptr<Strategy> make_strategy(const Config& config, const PluginHost& plugins, const std::string& name) {
  const auto choice = std::find_if(config.strategies.begin(), config.strategies.end(),
                                   [&](const auto& candidate) { return candidate.name == name; });
  if (choice == config.strategies.end()) {
    return make_plugin<Strategy>(plugins, PluginKind::strategy, name, std::nullopt, config.backend);
  }
  return make_plugin<Strategy>(plugins, PluginKind::strategy, choice->plugin, choice->parameters, config.backend);
}

std::shared_ptr<Backend> usable_backend(const Config& config, const PluginHost& plugins) {
  auto backend = make_plugin<Backend>(plugins, PluginKind::backend, config.backend);
  if (const auto available = backend->available(); !available) {
    throw Error(fmt::format("the {} backend cannot be used here: {}", config.backend, available.reason));
  }
  return backend;
}

Instances make_instances(Config& config, const PluginHost& plugins, std::vector<std::string>& remarks) {
  Instances instances;
  instances.backend = usable_backend(config, plugins);
  make_each(config.fusions, remarks, [&](const PluginChoice& fusion) {
    instances.fusions[fusion.name] = make_plugin<Fusion>(plugins, PluginKind::fusion, fusion.plugin, fusion.parameters);
  });
  make_each(config.strategies, remarks, [&](const PluginChoice& strategy) {
    instances.strategies[strategy.name] =
        make_plugin<Strategy>(plugins, PluginKind::strategy, strategy.plugin, strategy.parameters, config.backend);
  });
  if (instances.fusions.empty() || instances.strategies.empty()) {
    throw PluginError(
        fmt::format("no {} is left: {}", instances.fusions.empty() ? "fusion" : "strategy", fmt::join(remarks, "; ")));
  }
  return instances;
}

}  // namespace arbiter
