// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "config/config.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// The strategies and fusions in the rows of other tools (those without a run id) that are none of TensorRT-LLM's, of
/// the configuration's and of the installed plugins': a line for each that is near a known name, which the line has,
/// and one line for all others, with all known names.
[[nodiscard]] std::vector<std::string> unknown_names(const Dataset& rows, const Config& config,
                                                     const PluginHost& plugins);

}  // namespace arbiter
