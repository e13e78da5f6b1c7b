#pragma once

#include <string>

#include "arbiter/decision_table.hpp"

namespace arbiter {

/// The rule in words, for a comment: one string for each line.
[[nodiscard]] std::string rule_in_words(LookUp look_up);

/// The parts of the header that are the same in every one: what tables are made of and, after the tables, the look-up.
[[nodiscard]] std::string table_structures();
[[nodiscard]] std::string look_up_code(LookUp look_up);

}  // namespace arbiter
