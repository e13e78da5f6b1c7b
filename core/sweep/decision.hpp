// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/heuristic.hpp"
#include "config/config.hpp"

namespace arbiter {

/// The selectors of a run: those its heuristics made, and those they are compared with.
struct Decision {
  std::vector<std::shared_ptr<Heuristic>> heuristics;  ///< keep the selectors' code alive
  std::vector<std::shared_ptr<const Selector>> selectors;
  std::vector<std::shared_ptr<const Selector>> compared;
  bool any_failed = false;  ///< a heuristic or a file gave no decision, which the log says
};

/// Fits every heuristic of the configuration to the dataset (each selector has the name in the configuration), and
/// loads the decisions that they are compared with.
[[nodiscard]] Decision decide(const Config& config, const PluginHost& plugins, const Dataset& dataset);

/// Reads a decision from a file, as a selector called `name`. The contents tell the format:
///   - Arbiter's decision.json; its first selector, or the one named by "decision.json#lp";
///   - a generated_lookup_table.cpp (cpp_table_file.hpp); of several tables the first, or the one named by
///     "table.cpp#AllReduceBestStrategyTableSM90";
///   - a thresholds file (thresholds_file.hpp).
/// Throws DataError (file, line or key, found, allowed) and SystemError.
[[nodiscard]] std::shared_ptr<const Selector> load_decision_file(const std::filesystem::path& file,
                                                                 const std::string& name);

}  // namespace arbiter
