#include "pipeline/decision.hpp"

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "pipeline/log.hpp"
#include "pipeline/make_plugin.hpp"
#include "pipeline/strategy_ids.hpp"
#include "plugin/stray_output.hpp"
#include "sdk/thrown.hpp"

namespace arbiter {

Decision decide(const Config& config, const PluginHost& plugins, const Dataset& dataset) {
  Decision decision;
  for (const auto& choice : config.heuristics) {
    try {
      auto heuristic = make_plugin<Heuristic>(plugins, PluginKind::heuristic, choice.plugin, choice.parameters);
      auto selector = heuristic->fit(dataset);
      if (selector == nullptr) throw PluginError("it made no selector");
      decision.heuristics.push_back(std::move(heuristic));
      decision.selectors.push_back(std::move(selector));
    } catch (...) {
      decision.any_failed = true;
      log::error(fmt::format("heuristic {}: {}", choice.name, what_was_thrown()));
    }
    if (const auto stray = take_stray_output(); !stray.empty()) {
      log::warn(fmt::format("heuristic {} wrote to standard output, which is for results: \"{}\"", choice.name, stray));
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
