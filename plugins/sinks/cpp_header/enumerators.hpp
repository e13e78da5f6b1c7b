// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/decision_table.hpp"

namespace arbiter {

/// One value of an enumeration in the header.
struct Enumerator {
  std::string identifier;
  int value = 0;
  std::string name;  ///< in the run
};

/// Names and their values as enumerators, in the order given: each has its cpp_identifier(), and those that would be
/// alike get a number.
[[nodiscard]] std::vector<Enumerator> enumerators(const std::vector<std::pair<std::string, int>>& values);

/// The strategies a table can name, the fallback too, with their numbers in tables; those that have none, or one that
/// another has, from 1000 on. Ascending.
[[nodiscard]] std::vector<Enumerator> strategy_values(
    const DecisionTable& table, const std::function<std::optional<int>(const std::string&)>& table_id);

/// The fusions: those of inference engines with their AllReduceFusionOp numbers, others of the table from 100 on.
[[nodiscard]] std::vector<Enumerator> fusion_values(const DecisionTable& table);

}  // namespace arbiter
