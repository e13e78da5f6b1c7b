#pragma once

#include <string>
#include <string_view>

#include "arbiter/decision_table.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// What a decision.json says of itself. The version is raised when a reader of the old one would misread the new one;
/// readers ignore keys that they do not know.
inline constexpr std::string_view decision_format = "arbiter-decision";
inline constexpr int decision_version = 1;

/// The table of a selector in the text of a decision.json; of the first one if `selector` is empty. `file` is for
/// messages. Throws DataError: file, key (or line and column), found, allowed.
[[nodiscard]] ARBITER_EXPORT DecisionTable read_decision_json(const std::string& file, const std::string& text,
                                                              const std::string& selector);

}  // namespace arbiter
