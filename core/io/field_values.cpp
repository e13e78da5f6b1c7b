// SPDX-License-Identifier: Apache-2.0
#include "io/field_values.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "io/csv_fields.hpp"
#include "io/text_lines.hpp"
#include "model/published_ids.hpp"
#include "sdk/numbers.hpp"

namespace arbiter {

namespace {

double time_in(std::string_view column, std::string_view text, double unit_us, const char* unit) {
  const std::optional<double> value = any_number(text);
  if (value && *value > 0.0 && *value <= longest_us / unit_us) return *value * unit_us;
  refuse_field(column, text, fmt::format("{}, a number above 0, up to {:g}", unit, longest_us / unit_us));
}

/// The enumerator in "AllReduceStrategy.ONESHOT", "AllReduceStrategyType::ONESHOT", "<AllReduceStrategy.ONESHOT: 4>";
/// any other text is a name as it stands. So what this returns, written to a CSV, means the same name again.
std::string_view enumerator_in(std::string_view text, std::string_view enumeration) {
  std::string_view enumerator = text;
  if (text.starts_with('<') && text.ends_with('>')) {
    enumerator.remove_prefix(1);
    enumerator = enumerator.substr(0, enumerator.find(": "));
  }
  if (!enumerator.starts_with(enumeration)) return text;
  const std::size_t end = enumerator.find_first_of(".:");
  if (end == std::string_view::npos || !is_identifier(enumerator.substr(0, end))) return text;
  enumerator.remove_prefix(end + (enumerator.substr(end).starts_with("::") ? 2 : 1));
  return is_identifier(enumerator) ? enumerator : text;
}

}  // namespace

std::int64_t whole_number(std::string_view column, std::string_view text, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    refuse_field(column, text,
                 high == std::numeric_limits<std::int64_t>::max() ? fmt::format("a whole number from {} up", low)
                                                                  : fmt::format("a whole number, {}..{}", low, high));
  }
  return value;
}

std::optional<double> any_number(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

double microseconds(std::string_view column, std::string_view text) {
  return time_in(column, text, 1.0, "microseconds");
}

double from_milliseconds(std::string_view column, std::string_view text) {
  return time_in(column, text, 1000.0, "milliseconds");
}

std::string strategy_in(std::string_view text) {
  const std::string_view name = enumerator_in(text, "AllReduceStrategy");
  const std::optional<std::int64_t> number = parse_integer(name);
  return (number ? strategy_of_table_id(*number) : std::nullopt).value_or(std::string(name));
}

std::string fusion_in(std::string_view text) {
  const std::string_view name = enumerator_in(text, "AllReduceFusionOp");
  const std::optional<std::int64_t> number = parse_integer(name);
  return (number ? fusion_of_id(*number) : std::nullopt).value_or(std::string(name));
}

std::string_view dtype_in(std::string_view text) {
  constexpr std::string_view module = "torch.";
  if (text.starts_with(module)) text.remove_prefix(module.size());
  return text;
}

}  // namespace arbiter
