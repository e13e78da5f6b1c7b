// SPDX-License-Identifier: Apache-2.0
#include "sdk/allowed.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "sdk/numbers.hpp"

namespace arbiter {

namespace {

std::optional<std::int64_t> parse(std::string_view text, std::int64_t) { return parse_integer(text); }
std::optional<double> parse(std::string_view text, double) { return parse_real(text); }

template <class Number>
Number bound(std::string_view text, std::string_view allowed) {
  const std::optional<Number> number = parse(text, Number{});
  if (!number) throw std::invalid_argument(fmt::format("\"{}\" is no range like 1..64", allowed));
  return *number;
}

template <class Number>
bool admits_number(std::string_view allowed, Number value) {
  if (allowed.empty()) return true;
  bool admitted = false;
  for (const std::string& piece : alternatives(allowed)) {
    const std::size_t dots = piece.find("..");
    if (dots == std::string::npos) {
      admitted |= !(value < bound<Number>(piece, allowed)) && !(value > bound<Number>(piece, allowed));
      continue;
    }
    const std::string_view low = std::string_view(piece).substr(0, dots);
    const std::string_view high = std::string_view(piece).substr(dots + 2);
    const bool above = low.empty() || value >= bound<Number>(low, allowed);
    const bool below = high.empty() || value <= bound<Number>(high, allowed);
    admitted |= above && below;
  }
  return admitted;
}

}  // namespace

bool admits(std::string_view allowed, std::int64_t value) { return admits_number(allowed, value); }
bool admits(std::string_view allowed, double value) { return admits_number(allowed, value); }

bool admits(std::string_view allowed, const std::string& value) {
  if (allowed.empty()) return true;
  const std::vector<std::string> choices = alternatives(allowed);
  return std::find(choices.begin(), choices.end(), value) != choices.end();
}

std::vector<std::string> alternatives(std::string_view allowed) {
  std::vector<std::string> pieces;
  if (allowed.empty()) return pieces;
  while (true) {
    const std::size_t bar = allowed.find('|');
    pieces.emplace_back(allowed.substr(0, bar));
    if (bar == std::string_view::npos) return pieces;
    allowed.remove_prefix(bar + 1);
  }
}

}  // namespace arbiter
