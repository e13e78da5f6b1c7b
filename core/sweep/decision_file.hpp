#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "arbiter/heuristic.hpp"

namespace arbiter {

/// Reads a decision somebody wrote down, as a selector called `name`. What the file is, is seen from its contents:
///   - Arbiter's decision.json; its first selector, or the one named by "decision.json#lp";
///   - a generated_lookup_table.cpp (cpp_table_file.hpp); of several tables the first, or the one named by
///     "table.cpp#AllReduceBestStrategyTableSM90";
///   - a thresholds file (thresholds_file.hpp).
/// Throws DataError (file, line or key, found, allowed) and SystemError.
[[nodiscard]] std::shared_ptr<const Selector> load_decision_file(const std::filesystem::path& file,
                                                                 const std::string& name);

}  // namespace arbiter
