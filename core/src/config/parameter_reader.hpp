#pragma once

#include <optional>
#include <span>
#include <string>

#include "arbiter/parameters.hpp"
#include "config/issues.hpp"
#include "config/values.hpp"

namespace arbiter {

/// Reads a parameter's value as its type says and checks it against `allowed`. Nothing if it complained.
[[nodiscard]] std::optional<ParameterValue> read_parameter(const ParameterSpec& spec, const YamlNode& node,
                                                           const Complain& complain);

}  // namespace arbiter
