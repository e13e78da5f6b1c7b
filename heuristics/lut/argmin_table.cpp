#include "lut/argmin_table.hpp"

#include <algorithm>

#include "common/grid_regions.hpp"

namespace arbiter {

DecisionGrid argmin_grid(const CellBlock& block) {
  DecisionGrid grid = grid_without_answers(block);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) continue;
    const auto name = std::ranges::find(block.strategies, block.best[cell]->strategy);
    grid.cells[cell] = static_cast<std::uint16_t>(name - block.strategies.begin());
  }
  return grid;
}

std::vector<DecisionGrid> argmin_grids(const Dataset& dataset) {
  Dataset pooled(dataset.machine());
  for (Measurement row : dataset.rows()) {
    row.problem.dtype = DType::bfloat16;
    pooled.add(std::move(row));
  }
  std::vector<DecisionGrid> grids;
  for (const CellBlock& block : cell_blocks(pooled, "lut")) grids.push_back(argmin_grid(block));
  return grids;
}

}  // namespace arbiter
