#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace arbiter {

/// JSON that people read and line-based tools compare: a map has a line for each key, a list of plain values is one
/// line, any other list, and a long one of texts, has its elements on lines of their own. Ends with a line end. A
/// number that is none (NaN) is null, a byte that is no UTF-8 is replaced.
[[nodiscard]] std::string readable_json(const nlohmann::ordered_json& json);

}  // namespace arbiter
