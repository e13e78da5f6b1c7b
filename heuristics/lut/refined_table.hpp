#pragma once

#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"

namespace arbiter {

/// The table of one block on axes four times as dense (dense_axis()).
///
/// Measured cells may take the strategies of their tie sets (tie_sets()). All others may take those whose interpolated
/// time is within `tie_percent` of the least one, without strategies that failed in one of the (up to four) measured
/// cells around, if there are others; a cell without interpolated times is filled like its nearest neighbour. Of these
/// choices the table is the one with the simplest regions.
[[nodiscard]] DecisionGrid refined_grid(const CellBlock& block, double tie_percent);

}  // namespace arbiter
