#pragma once

#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"

namespace arbiter {

/// The strategy of the smallest time in each (tp, fusion, hidden, tokens), over all dtypes and ops; the first row on a
/// tie. Throws DataError if no row can be used.
[[nodiscard]] std::vector<DecisionGrid> argmin_grids(const Dataset& dataset);

/// The fastest strategy of each cell of a block.
[[nodiscard]] DecisionGrid argmin_grid(const CellBlock& block);

}  // namespace arbiter
