#pragma once

#include <string>
#include <vector>

#include "common/cell_block.hpp"

namespace arbiter {

/// The strategies of one (tp, fusion) from latency- to bandwidth-optimal: the order in which thresholds in message
/// size cost least time. Strategies whose place makes no difference are ordered by how their time, relative to the
/// best, grows with the size. All orders are tried up to seven strategies, exchanges of neighbours beyond.
[[nodiscard]] std::vector<std::string> strategy_order(const std::vector<const CellBlock*>& blocks);

}  // namespace arbiter
