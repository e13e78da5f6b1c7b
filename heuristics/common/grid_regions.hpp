#pragma once

#include <cstddef>

#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"

namespace arbiter {

/// The block's grid and strategies, without an answer in any cell. Cells are numbered as the block's are.
[[nodiscard]] DecisionGrid grid_without_answers(const CellBlock& block);

/// Cells with an answer.
[[nodiscard]] std::size_t answered_cells(const DecisionGrid& grid);

/// Patches of neighbouring cells (along either axis) with one answer.
[[nodiscard]] std::size_t regions(const DecisionGrid& grid);

}  // namespace arbiter
