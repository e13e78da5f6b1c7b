#include "pipeline/decision.hpp"

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "pipeline/log.hpp"
#include "pipeline/strategy_ids.hpp"

namespace arbiter {

Decision decide(const Config& config, const PluginHost& plugins, const Dataset& dataset) {
  Decision decision;
  for (const auto& choice : config.heuristics) {
    try {
      const auto* entry = plugins.find(PluginKind::heuristic, choice.plugin);
      if (entry == nullptr) throw PluginError("there is no such plugin");
      auto heuristic = plugins.create_as<Heuristic>(*entry, choice.parameters);
      if (heuristic == nullptr) throw PluginError("its factory makes no heuristic");
      auto selector = heuristic->fit(dataset);
      if (selector == nullptr) throw PluginError("it made no selector");
      decision.heuristics.push_back(std::move(heuristic));
      decision.selectors.push_back(std::move(selector));
    } catch (const std::exception& error) {
      decision.any_failed = true;
      log::error(fmt::format("heuristic {}: {}", choice.name, error.what()));
    }
  }
  return decision;
}

Report make_report(const Config& config, const PluginHost& plugins, const RunInfo& run, const Dataset& dataset,
                   const Decision& decision) {
  return {run, dataset, decision.selectors,
          [&config, &plugins](const std::string& strategy) { return table_id_of(strategy, config, plugins); },
          [](const std::string& line) { log::say(line); }};
}

}  // namespace arbiter
