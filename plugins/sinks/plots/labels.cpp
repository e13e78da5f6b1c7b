#include "labels.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace arbiter::plots {

namespace {

/// Two digits below ten unless the second is zero, whole numbers above.
std::string two_digits(double value) {
  if (value >= 9.95) return fmt::format("{:.0f}", value);
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string with_unit(double value) {
  for (const char unit : std::array{'k', 'M', 'G'}) {
    value /= 1000.0;
    if (value < 999.5) return two_digits(value) + unit;
  }
  return ">1T";
}

}  // namespace

std::string time_label(double microseconds) {
  if (microseconds < 0.05) return "<0.1";
  return microseconds < 999.5 ? two_digits(microseconds) : with_unit(microseconds);
}

std::string percent_label(double percent) {
  if (percent >= 999.5) return with_unit(percent);
  return fmt::format("{}", std::lround(percent));
}

std::string share_label(int part, int total) {
  const double percent = 100.0 * part / total;
  if (percent < 1.0) return "<1 %";
  if (part < total && percent > 99.0) return ">99 %";
  return fmt::format("{:.0f} %", percent);
}

}  // namespace arbiter::plots
