// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace arbiter {

inline constexpr std::size_t summary_width = 100;

/// Breaks a line at blanks into pieces of at most summary_width columns, unless a single word is longer; never between
/// a number and its unit. Pieces after the first are indented by `indent` blanks, fewer than summary_width.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view line, std::size_t indent);

/// Appends wrapped(line, indent) to `lines`.
void append_wrapped(std::vector<std::string>& lines, std::string_view line, std::size_t indent);

}  // namespace arbiter
