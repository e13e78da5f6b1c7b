// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "config/config.hpp"
#include "model/published_ids.hpp"

namespace arbiter {

/// The number of a strategy in look-up tables: the configuration's, else the published one, else that of an installed
/// plugin; nothing for any other name.
[[nodiscard]] std::optional<int> table_id_of(const std::string& strategy, const Config& config,
                                             const PluginHost& plugins);

/// The reverse for numbers that are not published: the strategy to which the configuration or an installed plugin gives
/// this number; nothing if that is none.
[[nodiscard]] std::optional<std::string> strategy_of_id(long id, const Config& config, const PluginHost& plugins);

}  // namespace arbiter
