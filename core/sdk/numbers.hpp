// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arbiter {

/// A whole number in decimal: an optional '-', then digits without leading zeros. Nothing for anything else (0x10, 010,
/// 1e3, 1_000, +1) and for what 64 bits do not hold.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

/// A finite decimal number: 2, -0.5, 1e-6.
[[nodiscard]] std::optional<double> parse_real(std::string_view text);

/// The end of a message: how to write the number that was probably meant ("; numbers are decimal: write 16"); may be
/// empty.
[[nodiscard]] std::string number_hint(std::string_view text);

}  // namespace arbiter
