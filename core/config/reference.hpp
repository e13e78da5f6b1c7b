// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "config/keys.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// Every key that the validation knows, and every parameter of these plugins, as a page of Markdown:
/// docs/configuration.md for those of Arbiter.
[[nodiscard]] std::string configuration_reference(std::span<const PluginEntry> plugins);

/// A value for a key or a parameter, as written in YAML: its example, else an allowed value that is not the default,
/// else the default.
[[nodiscard]] std::string example_of(const ParameterSpec& spec);

}  // namespace arbiter
