#include "sweep/decision.hpp"

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "plugin/plugin_host.hpp"
#include "sweep/decision_file.hpp"
#include "sweep/log.hpp"
#include "sweep/strategy_ids.hpp"

namespace arbiter {

Decision decide(const Config& config, const PluginHost& plugins, const Dataset& dataset) {
  Decision decision;
  for (const auto& choice : config.heuristics) {
    try {
      auto heuristic = make_plugin<Heuristic>(plugins, PluginKind::heuristic, choice.plugin, choice.parameters);
      auto selector = heuristic->fit(dataset);
      decision.heuristics.push_back(std::move(heuristic));
      decision.selectors.push_back(std::move(selector));
    } catch (...) {
      decision.any_failed = true;
      log::error(fmt::format("heuristic {}: {}", choice.name, what_was_thrown()));
    }
  }
  for (const auto& compared : config.compare) {
    try {
      decision.compared.push_back(load_decision_file(compared.file, compared.name));
    } catch (const Error& error) {
      decision.any_failed = true;
      log::error(fmt::format("compare: {}: {}", compared.name, error.what()));
    }
  }
  return decision;
}

Report make_report(const Config& config, const PluginHost& plugins, const RunInfo& run, const Dataset& dataset,
                   const Dataset& holdout, const Decision& decision) {
  return {run,
          dataset,
          holdout,
          decision.selectors,
          decision.compared,
          [&config, &plugins](const std::string& strategy) { return table_id_of(strategy, config, plugins); },
          [](const std::string& line) { log::say(line); }};
}

}  // namespace arbiter
