// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"

namespace arbiter {

/// The fastest strategy of each measured cell.
[[nodiscard]] DecisionGrid argmin_grid(const CellBlock& block);

/// The same for each (tp, fusion) of a dataset, over all dtypes and ops; the first row wins a tie. Throws DataError if
/// no row is usable.
[[nodiscard]] std::vector<DecisionGrid> argmin_grids(const Dataset& dataset);

/// The stable table of one block, and how it differs from argmin.
struct StableBlock {
  DecisionGrid grid;      ///< every cell has an answer
  std::size_t cells = 0;  ///< measured
  std::size_t argmin_regions = 0;
  std::size_t ties_used = 0;  ///< measured cells whose strategy ties with the fastest one
  std::size_t avoided = 0;    ///< measured cells whose fastest strategy failed in the cell or a neighbour
  std::size_t filled = 0;     ///< unmeasured cells, answered like the nearest measured ones
};

/// Of the strategies tied for the best in each cell (tie_sets()), the choice with the simplest regions.
[[nodiscard]] StableBlock stable_block(const CellBlock& block, double tie_percent);

/// The stable table of one block refined: on axes four times as dense (dense_axis()).
///
/// Measured cells may take the strategies of their tie sets (tie_sets()). All others may take those whose interpolated
/// time is within `tie_percent` of the least one, without strategies that failed in one of the (up to four) measured
/// cells around, if there are others; a cell without interpolated times is filled like its nearest neighbour. Of these
/// choices the table is the one with the simplest regions.
[[nodiscard]] DecisionGrid refined_grid(const CellBlock& block, double tie_percent);

}  // namespace arbiter
