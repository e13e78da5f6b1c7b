#pragma once

#include <string_view>

#include <yaml-cpp/mark.h>

namespace arbiter {

/// Whether the quoted scalar that was read at `mark` has an end: the parser takes the end of the text for one.
[[nodiscard]] bool is_closed(std::string_view text, const YAML::Mark& mark);

}  // namespace arbiter
