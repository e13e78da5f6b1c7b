// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
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

/// The strategy of a number in look-up tables; nothing for one that is not known.
using StrategyOfId = std::function<std::optional<std::string>(long id)>;

/// Fits every heuristic of the configuration to the dataset (each selector has the name in the configuration), and
/// loads the decisions that they are compared with.
[[nodiscard]] Decision decide(const Config& config, const PluginHost& plugins, const Dataset& dataset);

/// Reads a decision from a file, as a selector called `name`. The contents tell the format:
///   - Arbiter's decision.json; its first selector, or the one named by "decision.json#lp";
///   - a generated_lookup_table.cpp or an engine's header (cpp_table_file.hpp); of several tables the one of the
///     `platform`, or the one named by "table.cpp#AllReduceBestStrategyTableSM90";
///   - Arbiter's arbiter_decision.hpp (cpp_header_file.hpp);
///   - a thresholds file (thresholds_file.hpp).
/// `strategy_of_id` names numbers in tables that are not published. Throws DataError (file, line or key, found,
/// allowed) and SystemError.
[[nodiscard]] std::shared_ptr<const Selector> load_decision_file(const std::filesystem::path& file,
                                                                 const std::string& name,
                                                                 const std::string& platform = {},
                                                                 const StrategyOfId& strategy_of_id = {});

}  // namespace arbiter
