#pragma once

#include <functional>
#include <string>
#include <vector>

#include "arbiter/error.hpp"
#include "comm/world.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// Collective over the world. Holds a plugin against the contract of its kind and tells the person, clause by clause,
/// what it keeps and what it breaks (strategies are tried in groups of 2 ranks up to all); the same exit code on every
/// rank, `failed` if it breaks anything. `parameters` are NAME=VALUE. `step` gets what is being tried, before it is.
/// Throws ConfigError for parameters that are wrong. A clause that lasts longer than 60 s (ARBITER_CHECK_SECONDS) ends
/// the process.
[[nodiscard]] ExitCode check_plugin(const PluginHost& plugins, const PluginEntry& entry,
                                    const std::vector<std::string>& parameters, World& world,
                                    const std::function<void(const std::string&)>& step);

}  // namespace arbiter
