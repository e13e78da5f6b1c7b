#include "config/parameter_reader.hpp"

namespace arbiter {

namespace {

template <class Value>
std::optional<ParameterValue> wrap(std::optional<Value> value) {
  if (!value) return std::nullopt;
  return ParameterValue(std::move(*value));
}

}  // namespace

std::optional<ParameterValue> read_parameter(const ParameterSpec& spec, const YamlNode& node,
                                             const Complain& complain) {
  const std::string_view allowed = spec.allowed == nullptr ? "" : spec.allowed;
  switch (spec.type) {
    case ParameterType::boolean: return wrap(read_boolean(node, complain));
    case ParameterType::integer: return wrap(read_integer(node, allowed, complain));
    case ParameterType::real: return wrap(read_real(node, allowed, complain));
    case ParameterType::text: return wrap(read_text(node, allowed, complain));
    case ParameterType::integer_list: return wrap(read_integers(node, allowed, complain));
    case ParameterType::text_list: return wrap(read_texts(node, allowed, complain));
  }
  complain(node.mark, "the plugin declares a type this version does not know");
  return std::nullopt;
}

}  // namespace arbiter
