// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/cell_block.hpp"

namespace arbiter {

/// The strategies of one (tp, fusion) from latency- to bandwidth-optimal: the order whose best thresholds in message
/// size cost the least time. Of equal orders, the one by how steeply log(time / best time) falls with log size. All
/// permutations are tried for up to seven strategies, else swaps of neighbours until none improves.
[[nodiscard]] std::vector<std::string> strategy_order(const std::vector<const CellBlock*>& blocks);

}  // namespace arbiter
