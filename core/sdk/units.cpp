// SPDX-License-Identifier: Apache-2.0
#include "arbiter/units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace arbiter {

namespace {

struct TimeUnit {
  const char* name;
  double microseconds;
  double from;  ///< times as long as this and longer have it
};

constexpr std::array<TimeUnit, 4> time_units = {
    {{"s", 1e6, 1e6}, {"ms", 1e3, 1e3}, {"us", 1.0, 0.1}, {"ns", 1e-3, 0.0}}};
constexpr double minute = 60e6;
constexpr std::int64_t kib = 1024;
constexpr std::int64_t mib = kib * kib;

std::string time_in_digits(double microseconds, int digits) {
  if (!std::isfinite(microseconds) || microseconds == 0.0) return fmt::format("{:g} us", microseconds);
  // Rounded first, so that 999.96 us is 1 ms.
  const double rounded = std::strtod(fmt::format("{:.{}e}", microseconds, digits - 1).c_str(), nullptr);
  const double length = std::abs(rounded);
  if (rounded >= minute) return duration_text(rounded / 1e6);
  const auto unit = std::ranges::find_if(time_units, [&](const TimeUnit& one) { return length >= one.from; });
  return fmt::format("{:.{}g} {}", rounded / unit->microseconds, digits, unit->name);
}

}  // namespace

std::string time_text(double microseconds) { return time_in_digits(microseconds, 3); }

std::string time_text_to_compare(double microseconds) { return time_in_digits(microseconds, 4); }

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(std::ceil(std::max(seconds, 0.0)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string size_text(std::int64_t bytes) {
  // Quarters are exact in two digits.
  const auto in = [&](std::int64_t unit, const char* name) {
    return fmt::format("{} {}", static_cast<double>(bytes) / static_cast<double>(unit), name);
  };
  if (bytes >= mib && bytes % (mib / 4) == 0) return in(mib, "MiB");
  if (bytes >= kib && bytes % (kib / 4) == 0) return in(kib, "KiB");
  return fmt::format("{} B", bytes);
}

}  // namespace arbiter
