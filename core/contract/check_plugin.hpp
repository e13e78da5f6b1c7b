// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "arbiter/error.hpp"
#include "comm/world.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// What `runner --check` does. Collective over the world. Tests a plugin against the contract of its kind and prints
/// the result of each clause (strategies run in groups of 2 ranks up to all). Returns the same exit code on every rank,
/// `failed` if any clause is violated. `parameters` are NAME=VALUE. `report_step` gets each clause and case before it
/// is tested, and returns false if there is no launcher. Throws ConfigError for wrong parameters. A clause that takes
/// longer than 60 s (ARBITER_CHECK_SECONDS) kills the process.
[[nodiscard]] ExitCode check_plugin(const PluginHost& plugins, const PluginEntry& entry,
                                    const std::vector<std::string>& parameters, World& world,
                                    const std::function<bool(const std::string&)>& report_step);

}  // namespace arbiter
