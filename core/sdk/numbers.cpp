// SPDX-License-Identifier: Apache-2.0
#include "sdk/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace arbiter {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

template <class Number, class... Format>
std::optional<Number> parse_all(std::string_view text, Format... format) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, format...);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

/// 010 is octal to some readers of YAML and decimal to others.
bool has_leading_zero(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && is_digit(text[1]);
}

std::string without_leading_zeros(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
  return std::string(text);
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (has_leading_zero(text)) return std::nullopt;
  return parse_all<std::int64_t>(text);
}

std::optional<double> parse_real(std::string_view text) {
  if (has_leading_zero(text)) return std::nullopt;
  const std::optional<double> number = parse_all<double>(text, std::chars_format::general);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::string number_hint(std::string_view text) {
  if (parse_integer(text)) return "";
  if (text.starts_with("0x") || text.starts_with("0X")) {
    const auto value = parse_all<std::int64_t>(text.substr(2), 16);
    return value ? fmt::format("; numbers are decimal: write {}", *value) : "";
  }
  if (text.starts_with("0o")) {
    const auto value = parse_all<std::int64_t>(text.substr(2), 8);
    return value ? fmt::format("; numbers are decimal: write {}", *value) : "";
  }
  if (has_leading_zero(text) && all_digits(text)) {
    return fmt::format("; a leading zero may mean octal: write {}", without_leading_zeros(text));
  }
  if (text.starts_with('+') && all_digits(text.substr(1))) return fmt::format("; write {}", text.substr(1));
  std::string digits(text);
  const auto removed = std::erase_if(digits, [](char c) { return c == '_' || c == ',' || c == '\''; });
  if (removed > 0 && all_digits(digits)) {
    return fmt::format("; write {}, or a list in brackets: [1, 2]", without_leading_zeros(digits));
  }
  constexpr double exact = 9e15;
  const std::optional<double> real = parse_real(text);
  if (real && std::abs(*real) < exact && std::trunc(*real) == *real) {
    return fmt::format("; write {}", static_cast<std::int64_t>(*real));
  }
  return "";
}

}  // namespace arbiter
