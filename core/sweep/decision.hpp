#pragma once

#include <memory>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/sink.hpp"
#include "config/config.hpp"

namespace arbiter {

/// What the heuristics of a run came to.
struct Decision {
  std::vector<std::shared_ptr<Heuristic>> heuristics;  ///< keep the selectors' code alive
  std::vector<std::shared_ptr<const Selector>> selectors;
  std::vector<std::shared_ptr<const Selector>> compared;
  bool any_failed = false;  ///< a heuristic or a file gave no decision, which was told to the person
};

/// Fits every heuristic of the configuration to the dataset, and loads the decisions to compare them with.
[[nodiscard]] Decision decide(const Config& config, const PluginHost& plugins, const Dataset& dataset);

/// What sinks get at the end of a run. The references must outlive it.
[[nodiscard]] Report make_report(const Config& config, const PluginHost& plugins, const RunInfo& run,
                                 const Dataset& dataset, const Dataset& holdout, const Decision& decision);

}  // namespace arbiter
