#pragma once

#include <cstddef>

#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"

namespace arbiter {

/// One block of the stable table, and what it changed of the plain one.
struct StableBlock {
  DecisionGrid grid;
  std::size_t cells = 0;  ///< measured
  std::size_t argmin_regions = 0;
  std::size_t ties_used = 0;  ///< measured cells whose strategy is not the fastest one but as good
  std::size_t avoided = 0;    ///< measured cells whose fastest strategy failed there or next to it
  std::size_t filled = 0;     ///< cells without data, answered as the nearest measured ones are
};

/// Among the strategies as good as the best of each cell, those that keep the regions simple. Every cell has an answer.
[[nodiscard]] StableBlock stable_block(const CellBlock& block, double tie_percent);

}  // namespace arbiter
