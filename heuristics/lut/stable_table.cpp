#include "lut/stable_table.hpp"

#include <utility>

#include "common/grid_regions.hpp"
#include "lut/argmin_table.hpp"
#include "lut/gap_filling.hpp"
#include "lut/simplest_labels.hpp"
#include "lut/tie_sets.hpp"

namespace arbiter {

namespace {

/// What failed in a gap or next to it is no answer for it, unless nothing else is.
void avoid_failed(LabelChoice& choice, const CellBlock& block, std::size_t gap) {
  bool any_safe = false;
  for (std::size_t k = 0; k < choice.labels; ++k) {
    any_safe = any_safe || (choice.allowed[choice.at(gap, k)] && !block.failed_near(gap, k));
  }
  for (std::size_t k = 0; any_safe && k < choice.labels; ++k) {
    if (block.failed_near(gap, k)) choice.allowed[choice.at(gap, k)] = false;
  }
}

}  // namespace

StableBlock stable_block(const CellBlock& block, double tie_percent) {
  StableBlock result{argmin_grid(block), block.measured_cells(), 0, 0, 0, 0};
  result.argmin_regions = regions(result.grid);
  LabelChoice choice{block.hidden.size(), block.tokens.size(), block.strategies.size(), tie_sets(block, tie_percent),
                     std::vector<double>(block.usable.size(), 0.0)};
  result.filled = fill_gaps(choice, block.hidden, block.tokens);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) avoid_failed(choice, block, cell);
    for (std::size_t k = 0; block.best[cell] != nullptr && k < choice.labels; ++k) {
      if (choice.allowed[choice.at(cell, k)]) choice.excess[choice.at(cell, k)] = block.excess(cell, k);
    }
  }
  const std::vector<std::uint16_t> simple = simplest_labels(choice);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    const std::uint16_t fastest = std::exchange(result.grid.cells[cell], simple[cell]);
    if (fastest == DecisionGrid::no_answer || fastest == simple[cell]) continue;
    ++(choice.allowed[choice.at(cell, fastest)] ? result.ties_used : result.avoided);
  }
  return result;
}

}  // namespace arbiter
