#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace arbiter {

/// The name a person probably meant: the nearest by edit distance (insert, delete, replace, swap of neighbours; upper
/// and lower case are the same), if it is near enough to be a slip.
[[nodiscard]] std::optional<std::string> nearest(std::string_view found, std::span<const std::string> names);

/// "; did you mean lut? Allowed: lut, lp": the end of a message about a name that does not exist.
[[nodiscard]] std::string suggestion(std::string_view found, std::span<const std::string> names);

}  // namespace arbiter
