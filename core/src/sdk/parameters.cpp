#include "arbiter/parameters.hpp"

#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "config/allowed.hpp"
#include "config/issues.hpp"
#include "config/parameter_reader.hpp"

namespace arbiter {

namespace {

/// The value, or what is wrong with it (one line per mistake).
ParameterValue parse_value(const ParameterSpec& spec, const std::string& yaml_text) {
  std::string wrong;
  const auto complain = [&](const YamlMark&, const std::string& text) { wrong += (wrong.empty() ? "" : "\n") + text; };
  Issues issues("the value");
  std::optional<YamlNode> node = parse_yaml(yaml_text, -1, issues);
  if (!node || !issues.empty()) throw ConfigError(issues.message());
  // A default of no characters is a text of none, which YAML calls null.
  if (yaml_text.empty() && spec.type == ParameterType::text) node->type = YamlNode::Type::scalar;
  std::optional<ParameterValue> value = read_parameter(spec, *node, complain);
  if (!value) throw ConfigError(wrong);
  return std::move(*value);
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
      values_.emplace(name, parse_value(spec, default_value));
    } catch (const std::exception& error) {
      throw PluginError(fmt::format("the default of parameter {} is wrong: {}", name, error.what()));
    }
  }
}

void Parameters::set(const ParameterSpec& spec, const std::string& yaml_text) {
  values_.insert_or_assign(spec.name, parse_value(spec, yaml_text));
}

void Parameters::set_checked(const ParameterSpec& spec, ParameterValue value) {
  values_.insert_or_assign(spec.name, std::move(value));
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
