#include "sweep/strategy_ids.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace arbiter {

namespace {

// AllReduceStrategyType of TensorRT-LLM.
constexpr std::array<std::pair<std::string_view, int>, 9> published{{{"NCCL", 0},
                                                                     {"MIN_LATENCY", 1},
                                                                     {"UB", 2},
                                                                     {"AUTO", 3},
                                                                     {"ONESHOT", 4},
                                                                     {"TWOSHOT", 5},
                                                                     {"LOWPRECISION", 6},
                                                                     {"MNNVL", 7},
                                                                     {"NCCL_SYMMETRIC", 8}}};

}  // namespace

std::optional<int> published_table_id(const std::string& strategy) {
  for (const auto& [name, id] : published) {
    if (name == strategy) return id;
  }
  return std::nullopt;
}

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

}  // namespace arbiter
