// SPDX-License-Identifier: Apache-2.0
#include "sweep/strategy_ids.hpp"

namespace arbiter {

std::optional<int> table_id_of(const std::string& strategy, const Config& config, const PluginHost& plugins) {
  for (const auto& choice : config.strategies) {
    if (choice.name == strategy && choice.table_id >= 0) return choice.table_id;
  }
  if (const auto id = published_table_id(strategy)) return id;
  for (const auto& entry : plugins.entries()) {
    const bool is_it = entry.refused.empty() && entry.kind == PluginKind::strategy && entry.name == strategy;
    if (is_it && entry.table_id >= 0) return entry.table_id;
  }
  return std::nullopt;
}

std::optional<std::string> strategy_of_id(long id, const Config& config, const PluginHost& plugins) {
  for (const auto& choice : config.strategies) {
    if (id >= 0 && choice.table_id == id) return choice.name;
  }
  for (const auto& entry : plugins.entries()) {
    const bool is_it = entry.refused.empty() && entry.kind == PluginKind::strategy && entry.table_id == id;
    if (is_it && id >= 0) return entry.name;
  }
  return std::nullopt;
}

}  // namespace arbiter
