#include <algorithm>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "pipeline/plan.hpp"

namespace arbiter {

namespace {

template <class Kind>
std::shared_ptr<Kind> make(const PluginHost& plugins, PluginKind kind, const std::string& name,
                           const Parameters& parameters, const std::string& backend = {}) {
  const auto* entry = plugins.find(kind, name, backend);
  if (entry == nullptr) throw PluginError(fmt::format("there is no {} plugin {}", name_of(kind), name));
  auto made = plugins.create_as<Kind>(*entry, parameters);
  if (made == nullptr) {
    throw PluginError(fmt::format("{}: its factory makes no {}", entry->file.string(), name_of(kind)));
  }
  return made;
}

}  // namespace

std::shared_ptr<Strategy> make_strategy(const Config& config, const PluginHost& plugins, const std::string& name) {
  const auto choice = std::find_if(config.strategies.begin(), config.strategies.end(),
                                   [&](const auto& candidate) { return candidate.name == name; });
  if (choice == config.strategies.end()) {
    const auto* entry = plugins.find(PluginKind::strategy, name, config.backend);
    if (entry == nullptr) throw PluginError(fmt::format("there is no strategy plugin {}", name));
    return make<Strategy>(plugins, PluginKind::strategy, name, Parameters(entry->parameters), config.backend);
  }
  return make<Strategy>(plugins, PluginKind::strategy, choice->plugin, choice->parameters, config.backend);
}

Instances make_instances(const Config& config, const PluginHost& plugins) {
  Instances instances;
  const auto* backend = plugins.find(PluginKind::backend, config.backend);
  if (backend == nullptr) throw PluginError(fmt::format("there is no backend plugin {}", config.backend));
  instances.backend = make<Backend>(plugins, PluginKind::backend, config.backend, Parameters(backend->parameters));
  if (const auto available = instances.backend->available(); !available) {
    throw Error(fmt::format("the {} backend cannot be used here: {}", config.backend, available.reason));
  }
  for (const auto& fusion : config.fusions) {
    instances.fusions[fusion.name] = make<Fusion>(plugins, PluginKind::fusion, fusion.plugin, fusion.parameters);
  }
  for (const auto& strategy : config.strategies) {
    instances.strategies[strategy.name] = make_strategy(config, plugins, strategy.name);
  }
  return instances;
}

}  // namespace arbiter
