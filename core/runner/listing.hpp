// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/config.hpp"
#include "plugin/plugin_host.hpp"
#include "sweep/part.hpp"
#include "sweep/plan.hpp"

namespace arbiter {

/// `--list`: every plugin found (kind, name, version, file, summary), then every file that was refused and why.
void print_plugins(const PluginHost& plugins);

/// `--list NAME`: a plugin and its parameters, as the YAML would have them: default, type, what is allowed, help.
void print_plugin(const PluginEntry& entry);

/// `--dry-run`: problems by tp_size and fusion, strategies, what is skipped and why, the time it will take at most.
void print_plan(const Config& config, const Plan& plan);

/// `--dry-run`, of a sweep with several parts: which ranks measure what.
void print_parts(const std::vector<Part>& parts);

}  // namespace arbiter
