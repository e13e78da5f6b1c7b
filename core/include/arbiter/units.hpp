// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "arbiter/export.hpp"

namespace arbiter {

// Times and sizes as people write them. Files that programs read (CSV, JSON) have plain numbers instead: microseconds
// and bytes. All are thread-safe.

/// A time of `microseconds` in three digits and the unit that suits it: "2.94 us", "12.4 ms", "1.5 s", "85 ns"; from a
/// minute on as duration_text(). Zeros at the end are left out. A time that is no number is "nan us".
[[nodiscard]] ARBITER_EXPORT std::string time_text(double microseconds);

/// Likewise in four digits, for two times that are compared with each other: "8.431 us".
[[nodiscard]] ARBITER_EXPORT std::string time_text_to_compare(double microseconds);

/// A wait, rounded up to a second, from an hour on to a minute: "42 s", "3 min 05 s", "1 h 12 min". Less than nothing
/// is "0 s".
[[nodiscard]] ARBITER_EXPORT std::string duration_text(double seconds);

/// A size, exactly: "64 KiB", "1.5 MiB", "5761 B". Quarters of a unit are written in it, all else in the one below.
[[nodiscard]] ARBITER_EXPORT std::string size_text(std::int64_t bytes);

}  // namespace arbiter
