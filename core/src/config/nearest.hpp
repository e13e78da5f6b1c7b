#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "arbiter/export.hpp"

namespace arbiter {

/// The name a person probably meant: the nearest by edit distance (insert, delete, replace, swap of neighbours; upper
/// and lower case are the same), if it is near enough to be a slip.
[[nodiscard]] ARBITER_EXPORT std::optional<std::string> nearest(std::string_view found,
                                                                std::span<const std::string> names);

/// "; did you mean lut? Allowed: lut, lp": the end of a message about a name that does not exist.
[[nodiscard]] ARBITER_EXPORT std::string suggestion(std::string_view found, std::span<const std::string> names);

}  // namespace arbiter
