#include "lut/stable_table.hpp"

#include <algorithm>

#include "lut/argmin_table.hpp"
#include "lut/simplest_labels.hpp"
#include "lut/tie_sets.hpp"

namespace arbiter {

StableBlock stable_labels(const CellBlock& block, double tie_percent) {
  LabelChoice choice{block.hidden.size(), block.tokens.size(), block.strategies.size(), tie_sets(block, tie_percent),
                     std::vector<double>(block.usable.size(), 0.0)};
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    for (std::size_t k = 0; k < choice.labels; ++k) {
      const std::size_t entry = choice.at(cell, k);
      // A cell without data joins whatever is around it.
      if (block.best[cell] == nullptr) choice.allowed[entry] = true;
      if (choice.allowed[entry] && block.best[cell] != nullptr) choice.excess[entry] = block.excess(cell, k);
    }
  }
  StableBlock result{argmin_labels(block), block.measured_cells(), 0, 0};
  result.argmin_regions = result.labels.regions();
  const std::vector<std::uint16_t> simple = simplest_labels(choice);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    std::uint16_t& label = result.labels.labels[cell];
    if (label == LabelBlock::no_label || label == simple[cell]) continue;
    label = simple[cell];
    ++result.ties_used;
  }
  return result;
}

}  // namespace arbiter
