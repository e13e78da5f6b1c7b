// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace arbiter {

/// What fields of measurement files may hold. The functions throw BadLine (text_lines.hpp), which names the column.

/// The longest time that is a measurement, a day; beyond it, sums and unit conversions stop making sense.
inline constexpr double longest_us = 8.64e10;

[[nodiscard]] std::int64_t whole_number(std::string_view column, std::string_view text, std::int64_t low,
                                        std::int64_t high = std::numeric_limits<std::int64_t>::max());

/// A number of any kind, also inf and nan; nothing for other text.
[[nodiscard]] std::optional<double> any_number(std::string_view text);

/// Microseconds above 0 and up to longest_us.
[[nodiscard]] double microseconds(std::string_view column, std::string_view text);
/// The same of a field in milliseconds; returns microseconds.
[[nodiscard]] double from_milliseconds(std::string_view column, std::string_view text);

/// The names that fields mean. Python writes enumerators as `AllReduceStrategy.ONESHOT`, C++ as
/// `AllReduceStrategyType::ONESHOT`, and both as their numbers in TensorRT-LLM; dtypes as `torch.bfloat16`. Any other
/// text is itself.
[[nodiscard]] std::string strategy_in(std::string_view text);
[[nodiscard]] std::string fusion_in(std::string_view text);
[[nodiscard]] std::string_view dtype_in(std::string_view text);

}  // namespace arbiter
