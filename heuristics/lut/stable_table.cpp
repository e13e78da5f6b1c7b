#include "lut/stable_table.hpp"

#include <algorithm>
#include <utility>

#include "common/table_selector.hpp"
#include "lut/simplest_labels.hpp"
#include "lut/tie_sets.hpp"

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

StableBlock stable_block(const CellBlock& block, double tie_percent) {
  StableBlock result{argmin_grid(block), block.measured_cells(), 0, 0, 0, 0};
  result.argmin_regions = regions(result.grid);
  LabelChoice choice = LabelChoice::of(block.hidden.size(), block.tokens.size(), block.strategies.size());
  choice.allowed = tie_sets(block, tie_percent);
  result.filled = fill_gaps(choice, block.hidden, block.tokens);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) {
      choice.allow(cell,
                   without_failed(choice.allowed_in(cell), [&](std::size_t k) { return block.failed_near(cell, k); }));
      continue;
    }
    for (std::size_t k = 0; k < choice.labels; ++k) {
      if (choice.allowed[choice.at(cell, k)]) choice.excess[choice.at(cell, k)] = block.excess(cell, k);
    }
  }
  const std::vector<std::uint16_t> simplest = simplest_labels(choice);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    const std::uint16_t fastest = std::exchange(result.grid.cells[cell], simplest[cell]);
    if (fastest == DecisionGrid::no_answer || fastest == simplest[cell]) continue;
    ++(choice.allowed[choice.at(cell, fastest)] ? result.ties_used : result.avoided);
  }
  return result;
}

}  // namespace arbiter
