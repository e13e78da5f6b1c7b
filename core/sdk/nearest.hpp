// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace arbiter {

/// The name that was probably meant: the nearest by edit distance (insert, delete, replace, swap of neighbours; case is
/// ignored), if it is near enough to be a typing error.
[[nodiscard]] std::optional<std::string> nearest(std::string_view found, std::span<const std::string> names);

/// "; did you mean lut? Allowed: lut, lp": the end of a message about a name that does not exist.
[[nodiscard]] std::string suggestion(std::string_view found, std::span<const std::string> names);

}  // namespace arbiter
