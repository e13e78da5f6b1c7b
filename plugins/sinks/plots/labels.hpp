#pragma once

#include <string>

namespace arbiter::plots {

/// Microseconds in at most four characters: 0.5, 3.0, 12, 340, 1.2k, 12k, 3.0M.
[[nodiscard]] std::string time_label(double microseconds);
/// Per cent in at most four characters: 0, 3, 12, 340, 5k.
[[nodiscard]] std::string percent_label(double percent);
/// A part of `total` for a title: "62 %", "<1 %".
[[nodiscard]] std::string share_label(int part, int total);

}  // namespace arbiter::plots
