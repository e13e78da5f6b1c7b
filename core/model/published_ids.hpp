// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arbiter {

/// The ids of strategies in look-up tables that are published: AllReduceStrategyType of TensorRT-LLM. Plugins declare
/// theirs (PluginDescriptor::table_id); nothing for a strategy that is not in TensorRT-LLM.
[[nodiscard]] std::optional<int> published_table_id(std::string_view strategy);

/// The strategy of an id in a table that is read: the published ones, and Arbiter's 99 for MPI. Nothing for any other
/// id, because a third party's id says no name by itself.
[[nodiscard]] std::optional<std::string> strategy_of_table_id(long id);

/// The fusion of a number in AllReduceFusionOp of TensorRT-LLM; nothing for any other number.
[[nodiscard]] std::optional<std::string> fusion_of_id(long id);

/// All names that strategy_of_table_id() and fusion_of_id() give.
[[nodiscard]] std::vector<std::string> published_strategies();
[[nodiscard]] std::vector<std::string> published_fusions();

/// "0 NCCL, 1 MIN_LATENCY, ...": what strategy_of_table_id() knows, for messages.
[[nodiscard]] std::string known_table_ids();

}  // namespace arbiter
