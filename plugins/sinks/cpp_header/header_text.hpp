// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/decision_table.hpp"

namespace arbiter {

/// Namespace and opening comment of the header.
struct HeaderOptions {
  std::string name_space = "arbiter_decision";                  ///< may be nested: "engine::allreduce"
  std::vector<std::string> comments;                            ///< where the decision comes from, line by line
  std::function<std::string(const std::string&)> meaning = {};  ///< of a strategy's name, in words; may be empty
  std::vector<std::string> numbers = {};                        ///< what to know of strategies' numbers, line by line
};

/// A C++17 header that needs the standard library only and selects as `table` does, for every shape. `table_id` is that
/// of the Report.
[[nodiscard]] std::string header_text(const DecisionTable& table, const HeaderOptions& options,
                                      const std::function<std::optional<int>(const std::string&)>& table_id);

}  // namespace arbiter
