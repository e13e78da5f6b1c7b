// SPDX-License-Identifier: Apache-2.0
#include "arbiter/parameters.hpp"

#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "sdk/allowed.hpp"
#include "sdk/nearest.hpp"
#include "sdk/numbers.hpp"
#include "sdk/trimmed.hpp"

namespace arbiter {

namespace {

[[noreturn]] void refuse(std::string_view found, std::string_view type, std::string_view allowed) {
  throw ConfigError(fmt::format("found {}; allowed: {}{}{}", found.empty() ? "nothing" : found, type,
                                allowed.empty() ? "" : " in ", allowed));
}

std::int64_t integer_in(std::string_view text, std::string_view allowed) {
  const auto value = parse_integer(text);
  if (!value || !admits(allowed, *value)) refuse(text, "a whole number", allowed);
  return *value;
}

std::string text_in(std::string_view text, std::string_view allowed) {
  std::string value(text);
  if (!admits(allowed, value)) {
    const auto choices = alternatives(allowed);
    throw ConfigError(fmt::format("found {}{}", value, suggestion(value, choices)));
  }
  return value;
}

/// "[a, b]", or one item without brackets.
template <class Item>
std::vector<Item> list_of(std::string_view text, std::string_view allowed,
                          Item (*item)(std::string_view, std::string_view)) {
  const bool brackets = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  std::string_view rest = brackets ? trimmed(text.substr(1, text.size() - 2)) : text;
  std::vector<Item> items;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    items.push_back(item(trimmed(rest.substr(0, comma)), allowed));
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return items;
}

/// Reads a value in the simplest form YAML has for it. Throws ConfigError: found, allowed.
ParameterValue parse_value(const ParameterSpec& spec, std::string_view text) {
  const std::string_view allowed = spec.allowed == nullptr ? "" : spec.allowed;
  switch (spec.type) {
    case ParameterType::boolean:
      if (text != "true" && text != "false") refuse(text, "true or false", "");
      return text == "true";
    case ParameterType::integer: return integer_in(text, allowed);
    case ParameterType::real: {
      const auto value = parse_real(text);
      if (!value || !admits(allowed, *value)) refuse(text, "a number", allowed);
      return *value;
    }
    case ParameterType::text: return text_in(text, allowed);
    case ParameterType::integer_list: return list_of(text, allowed, integer_in);
    case ParameterType::text_list: return list_of(text, allowed, text_in);
  }
  throw ConfigError("the plugin declares a type this version does not know");
}

/// Throws std::invalid_argument for bounds that are no numbers.
void check_allowed(const ParameterSpec& spec) {
  const std::string_view allowed = spec.allowed == nullptr ? "" : spec.allowed;
  const bool whole = spec.type == ParameterType::integer || spec.type == ParameterType::integer_list;
  if (whole) static_cast<void>(admits(allowed, std::int64_t{0}));
  if (spec.type == ParameterType::real) static_cast<void>(admits(allowed, 0.0));
}

template <class Value>
const Value& get(const std::map<std::string, ParameterValue, std::less<>>& values, std::string_view name) {
  const auto found = values.find(name);
  if (found == values.end()) throw std::logic_error(fmt::format("no parameter {} is declared", name));
  const Value* value = std::get_if<Value>(&found->second);
  if (value == nullptr) throw std::logic_error(fmt::format("parameter {} is declared with another type", name));
  return *value;
}

}  // namespace

std::string_view name_of(ParameterType type) {
  switch (type) {
    case ParameterType::boolean: return "true or false";
    case ParameterType::integer: return "integer";
    case ParameterType::real: return "number";
    case ParameterType::text: return "text";
    case ParameterType::integer_list: return "list of integers";
    case ParameterType::text_list: return "list of texts";
  }
  return "unknown";
}

Parameters::Parameters(std::span<const ParameterSpec> specs) {
  for (const ParameterSpec& spec : specs) {
    const std::string name = spec.name == nullptr ? "" : spec.name;
    if (name.empty() || values_.contains(name)) {
      throw PluginError(name.empty() ? "declares a parameter without a name" : "declares " + name + " twice");
    }
    const std::string default_value = spec.default_value == nullptr ? "" : spec.default_value;
    try {
      check_allowed(spec);
      values_.emplace(name, parse_value(spec, trimmed(default_value)));
    } catch (const std::exception& error) {
      throw PluginError(fmt::format("the default of parameter {} is wrong: {}", name, error.what()));
    }
  }
}

void Parameters::set(const ParameterSpec& spec, ParameterValue value) {
  values_.insert_or_assign(spec.name, std::move(value));
}

void Parameters::set_from_text(const ParameterSpec& spec, std::string_view text) {
  values_.insert_or_assign(spec.name, parse_value(spec, trimmed(text)));
}

bool Parameters::boolean(std::string_view name) const { return get<bool>(values_, name); }
std::int64_t Parameters::integer(std::string_view name) const { return get<std::int64_t>(values_, name); }
double Parameters::real(std::string_view name) const { return get<double>(values_, name); }
const std::string& Parameters::text(std::string_view name) const { return get<std::string>(values_, name); }

const std::vector<std::int64_t>& Parameters::integers(std::string_view name) const {
  return get<std::vector<std::int64_t>>(values_, name);
}

const std::vector<std::string>& Parameters::texts(std::string_view name) const {
  return get<std::vector<std::string>>(values_, name);
}

}  // namespace arbiter
