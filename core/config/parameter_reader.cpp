#include "config/parameter_reader.hpp"

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

template <class Value>
std::optional<ParameterValue> wrap(std::optional<Value> value) {
  if (!value) return std::nullopt;
  return ParameterValue(std::move(*value));
}

}  // namespace

std::optional<ParameterValue> read_parameter(const ParameterSpec& spec, const YamlNode& node, const Reporter& report) {
  const std::string_view allowed = spec.allowed == nullptr ? "" : spec.allowed;
  switch (spec.type) {
    case ParameterType::boolean: return wrap(read_boolean(node, report));
    case ParameterType::integer: return wrap(read_integer(node, allowed, report));
    case ParameterType::real: return wrap(read_real(node, allowed, report));
    case ParameterType::text: return wrap(read_text(node, allowed, report));
    case ParameterType::integer_list: return wrap(read_integers(node, allowed, report));
    case ParameterType::text_list: return wrap(read_texts(node, allowed, report));
  }
  report(node.mark, "the plugin declares a type this version does not know");
  return std::nullopt;
}

void set_from_yaml(Parameters& parameters, const ParameterSpec& spec, const std::string& yaml_text) {
  std::string wrong;
  const auto report = [&](const YamlMark&, const std::string& text) { wrong += (wrong.empty() ? "" : "\n") + text; };
  Diagnostics diagnostics("the value");
  const std::optional<YamlNode> node = parse_yaml(yaml_text, -1, diagnostics);
  if (!node || !diagnostics.empty()) throw ConfigError(diagnostics.message());
  std::optional<ParameterValue> value = read_parameter(spec, *node, report);
  if (!value) throw ConfigError(wrong);
  parameters.set(spec, std::move(*value));
}

}  // namespace arbiter
