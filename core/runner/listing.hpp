// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin/plugin_host.hpp"

namespace arbiter {

/// `--list`: every plugin found (kind, name, version, file, summary), then every file that was refused and why.
void print_plugins(const PluginHost& plugins);

/// `--list NAME`: a plugin and its parameters, as the YAML would have them: default, type, what is allowed, help.
void print_plugin(const PluginEntry& entry);

}  // namespace arbiter
