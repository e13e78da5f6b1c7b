#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace arbiter {

inline constexpr std::size_t summary_width = 100;

/// Breaks a line at blanks so that no piece is longer than summary_width, unless a single word is; never between a
/// number and its unit. Pieces after the first begin with `indent` blanks, which are fewer than summary_width.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view line, std::size_t indent);

}  // namespace arbiter
