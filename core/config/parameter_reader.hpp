#pragma once

#include <optional>
#include <span>
#include <string>

#include "arbiter/parameters.hpp"
#include "config/diagnostics.hpp"
#include "config/values.hpp"

namespace arbiter {

/// Reads a parameter's value as its type says and checks it against `allowed`. Nothing if it complained.
[[nodiscard]] std::optional<ParameterValue> read_parameter(const ParameterSpec& spec, const YamlNode& node,
                                                           const Reporter& report);

/// Sets one parameter from YAML scalar or flow text. Throws ConfigError, one line per mistake: found, allowed. The caller
/// adds the position.
void set_from_yaml(Parameters& parameters, const ParameterSpec& spec, const std::string& yaml_text);

}  // namespace arbiter
