// SPDX-License-Identifier: Apache-2.0
#include "config/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"
#include "config/keys.hpp"
#include "sdk/allowed.hpp"
#include "sdk/nearest.hpp"
#include "sdk/numbers.hpp"

namespace arbiter {

namespace {

template <class Number>
std::optional<Number> read_number(const ConfigCursor& cursor, std::string_view allowed, std::string_view type,
                                  std::optional<Number> (*parse)(std::string_view)) {
  const YamlNode& node = cursor.node;
  std::string hint;
  if (node.is_scalar()) {
    const std::optional<Number> number = parse(node.scalar);
    if (number && !node.quoted && admits(allowed, *number)) return number;
    hint = number && node.quoted ? "; write it without quotes" : number_hint(node.scalar);
  }
  const std::string range = allowed.empty() ? "" : fmt::format(" in {}", allowed);
  cursor.report(fmt::format("found {}; allowed: {}{}{}", describe(node), type, range, hint));
  return std::nullopt;
}

/// Reads each item; nothing if one of them is wrong.
template <class Value>
std::optional<std::vector<Value>> read_each(const ConfigCursor& list, std::string_view allowed,
                                            std::optional<Value> (*read)(const ConfigCursor&, std::string_view)) {
  std::vector<Value> values;
  bool good = true;
  for (const YamlNode& item : list.items()) {
    std::optional<Value> value = read(list.item(item), allowed);
    good = good && value.has_value();
    if (value) values.push_back(std::move(*value));
  }
  return good ? std::optional(std::move(values)) : std::nullopt;
}

/// {from, to, factor} or {from, to, step}.
std::optional<std::vector<std::int64_t>> read_range(const ConfigCursor& cursor, std::string_view allowed) {
  const auto from = cursor.find("from");
  const auto to = cursor.find("to");
  const auto factor = cursor.find("factor");
  const auto step = cursor.find("step");
  bool good = expect_keys(cursor, config_key_names("range"));
  const auto expect = [&](const char* key, bool given) {
    if (given) return;
    cursor.report(fmt::format("the range has no {}; allowed: {{from, to, factor}} or {{from, to, step}}", key));
    good = false;
  };
  expect("from", from.has_value());
  expect("to", to.has_value());
  expect("factor", factor || step);
  if (factor && step) {
    cursor.report(cursor.node.find("step")->mark, "the range has a factor and a step; allowed: one of them");
    good = false;
  }
  if (!good) return std::nullopt;

  const auto first = read_integer(*from, allowed);
  const auto last = read_integer(*to, allowed);
  const auto growth = factor ? read_integer(*factor, config_key("range", "factor").allowed)
                             : read_integer(*step, config_key("range", "step").allowed);
  if (!first || !last || !growth) return std::nullopt;
  if (*first > *last) {
    to->report(fmt::format("found {}; allowed: at least from, which is {}", *last, *first));
    return std::nullopt;
  }
  if (factor && *first < 1) {
    from->report(fmt::format("found {}; allowed with a factor: 1 or more", *first));
    return std::nullopt;
  }
  std::vector<std::int64_t> values;
  for (std::int64_t value = *first; value <= *last;) {
    if (values.size() == most_values) {
      cursor.report(fmt::format("the range has more than {} values", most_values));
      return std::nullopt;
    }
    values.push_back(value);
    const bool overflows =
        factor ? __builtin_mul_overflow(value, *growth, &value) : __builtin_add_overflow(value, *growth, &value);
    if (overflows) break;
  }
  return values;
}

template <class Value>
std::optional<ParameterValue> wrap(std::optional<Value> value) {
  if (!value) return std::nullopt;
  return ParameterValue(std::move(*value));
}

std::optional<ParameterValue> read_parameter(const ConfigCursor& cursor, const ParameterSpec& spec) {
  const std::string_view allowed = spec.allowed == nullptr ? "" : spec.allowed;
  switch (spec.type) {
    case ParameterType::boolean: return wrap(read_boolean(cursor));
    case ParameterType::integer: return wrap(read_integer(cursor, allowed));
    case ParameterType::real: return wrap(read_real(cursor, allowed));
    case ParameterType::text: return wrap(read_text(cursor, allowed));
    case ParameterType::integer_list: return wrap(read_integers(cursor, allowed));
    case ParameterType::text_list: return wrap(read_texts(cursor, allowed));
  }
  cursor.report("the plugin declares a type this version does not know");
  return std::nullopt;
}

}  // namespace

std::optional<bool> read_boolean(const ConfigCursor& cursor) {
  const YamlNode& node = cursor.node;
  if (node.is_scalar() && !node.quoted) {
    if (node.scalar == "true") return true;
    if (node.scalar == "false") return false;
  }
  cursor.report(fmt::format("found {}; allowed: true or false", describe(node)));
  return std::nullopt;
}

// yaml-cpp converts 010 to 8; parse_integer() refuses it.
std::optional<std::int64_t> read_integer(const ConfigCursor& cursor, std::string_view allowed) {
  return read_number(cursor, allowed, "a whole number", &parse_integer);
}

std::optional<double> read_real(const ConfigCursor& cursor, std::string_view allowed) {
  return read_number(cursor, allowed, "a number", &parse_real);
}

std::optional<std::string> read_text(const ConfigCursor& cursor, std::string_view allowed) {
  const YamlNode& node = cursor.node;
  if (node.is_scalar() && admits(allowed, node.scalar)) return node.scalar;
  const std::vector<std::string> choices = alternatives(allowed);
  std::string rest = choices.empty() ? "; allowed: a text" : fmt::format("; allowed: {}", fmt::join(choices, ", "));
  if (node.is_scalar()) rest = suggestion(node.scalar, choices);
  cursor.report(fmt::format("found {}{}", describe(node), rest));
  return std::nullopt;
}

std::optional<std::vector<std::string>> read_texts(const ConfigCursor& cursor, std::string_view allowed) {
  if (cursor.node.is_list() || cursor.node.is_scalar()) return read_each(cursor, allowed, &read_text);
  const std::string choices =
      allowed.empty() ? std::string("texts") : fmt::format("{}", fmt::join(alternatives(allowed), ", "));
  cursor.report(fmt::format("found {}; allowed: a list of {}", describe(cursor.node), choices));
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> read_integers(const ConfigCursor& cursor, std::string_view allowed) {
  if (cursor.node.is_map()) return read_range(cursor, allowed);
  auto values = read_each(cursor, allowed, &read_integer);
  if (!values || values->size() <= most_values) return values;
  cursor.report(fmt::format("the list has more than {} values", most_values));
  return std::nullopt;
}

void read_parameters(const ConfigCursor& cursor, std::span<const ParameterSpec> specs, Parameters& parameters,
                     std::span<const std::string> other_keys) {
  if (cursor.node.is_null() || !expect_map(cursor, "a map of parameters, or nothing")) return;
  std::vector<std::string> keys;
  for (const ParameterSpec& spec : specs) keys.emplace_back(spec.name);
  keys.insert(keys.end(), other_keys.begin(), other_keys.end());
  expect_keys(cursor, keys, "parameter");
  for (const ParameterSpec& spec : specs) {
    const YamlEntry* entry = cursor.node.find(spec.name);
    if (entry == nullptr) continue;
    if (auto value = read_parameter(cursor.at(*entry), spec)) parameters.set(spec, std::move(*value));
  }
}

void set_from_yaml(Parameters& parameters, const ParameterSpec& spec, std::string_view yaml) {
  Diagnostics diagnostics("");
  const std::optional<YamlNode> node = parse_yaml(yaml, -1, diagnostics);
  diagnostics.throw_if_any();
  std::optional<ParameterValue> value = read_parameter({*node, "", diagnostics}, spec);
  diagnostics.throw_if_any();
  parameters.set(spec, std::move(*value));
}

}  // namespace arbiter
