// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/parameters.hpp"

namespace arbiter {

/// A key of a configuration. The validation knows no other keys and no other bounds than these, and
/// docs/configuration.md is made of them. As in a plugin's parameter, but `default_value` is null where the key must be
/// given.
struct ConfigKey {
  std::string_view section;       ///< the path of the map it stands in (below)
  ParameterSpec spec;             ///< the validation reads values by its type and its bounds
  std::string_view type = {};     ///< in words, where it may be more than spec.type says
  std::string_view allowed = {};  ///< likewise beside spec.allowed
};

/// The sections: "" (the top level), "problems", "problems.holdout" (each entry), "measurement", "compare" (each
/// entry), "strategies.NAME" and likewise the other plugins' (what Arbiter reads beside their parameters), and "range",
/// a list of numbers as a map.
[[nodiscard]] std::span<const ConfigKey> config_keys();

/// Throws std::logic_error for a key that is not declared.
[[nodiscard]] const ParameterSpec& config_key(std::string_view section, std::string_view name);

/// The keys of a section, in order.
[[nodiscard]] std::vector<ParameterSpec> config_specs(std::string_view section);
[[nodiscard]] std::vector<std::string> config_key_names(std::string_view section);

}  // namespace arbiter
