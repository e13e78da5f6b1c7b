#pragma once

#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"

namespace arbiter {

/// The table of one block with cells between (and one doubling beyond) the measured ones, see dense_axis(). Measured
/// cells have the ties stable_block() has; the others the strategies within `tie_percent` of the least interpolated
/// time, without those that failed in the (up to four) measured cells around. Among all these, those that keep the
/// regions simple.
[[nodiscard]] DecisionGrid refined_grid(const CellBlock& block, double tie_percent);

}  // namespace arbiter
