// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arbiter {

/// The `allowed` text of a ParameterSpec: "a|b|c", "1..64", "0.1..50"; a bound may be left out ("1.."), ranges and
/// values may be mixed ("0|8..64"). Empty admits everything. Throw std::invalid_argument if the text is malformed.
[[nodiscard]] bool admits(std::string_view allowed, std::int64_t value);
[[nodiscard]] bool admits(std::string_view allowed, double value);
[[nodiscard]] bool admits(std::string_view allowed, const std::string& value);

/// The pieces between the '|'.
[[nodiscard]] std::vector<std::string> alternatives(std::string_view allowed);

}  // namespace arbiter
