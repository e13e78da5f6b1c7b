#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/decision_table.hpp"
#include "cpp_header/enumerators.hpp"

namespace arbiter {

/// The strategies a table can name, the fallback too, with their numbers in tables; those that have none, or one that
/// another has, from 1000 on. Ascending.
[[nodiscard]] std::vector<Enumerator> strategy_values(
    const DecisionTable& table, const std::function<std::optional<int>(const std::string&)>& table_id);

/// The fusions: those of inference engines with their AllReduceFusionOp numbers, others of the table from 100 on.
[[nodiscard]] std::vector<Enumerator> fusion_values(const DecisionTable& table);

}  // namespace arbiter
