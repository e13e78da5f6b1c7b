#pragma once

#include <string>
#include <vector>

#include "arbiter/decision_table.hpp"
#include "cpp_header/enumerators.hpp"

namespace arbiter {

/// The constexpr tables of the header: strategies, grids, steps and parts.
[[nodiscard]] std::string header_tables(const DecisionTable& table, const std::vector<Enumerator>& strategies,
                                        const std::vector<Enumerator>& fusions);

}  // namespace arbiter
