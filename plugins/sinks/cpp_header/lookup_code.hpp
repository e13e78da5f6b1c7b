// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "arbiter/decision_table.hpp"

namespace arbiter {

// The C++17 that is the same in every header with the same look-up rule.

/// The rules of a table's grids and steps in words: complete `//` lines.
[[nodiscard]] std::string rules_in_words(const DecisionTable& table);

/// The types that the tables are made of.
[[nodiscard]] std::string table_structures();

/// The functions that look up in the tables, which stand before them; ends namespace detail and defines select().
[[nodiscard]] std::string look_up_code(LookUp look_up);

}  // namespace arbiter
