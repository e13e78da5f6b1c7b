#include "figure.hpp"

#include <algorithm>

namespace arbiter::plots {

bool Figure::any(CellState state) const {
  return std::ranges::any_of(panels, [state](const Panel& panel) {
    return std::ranges::find(panel.cells, state, &Cell::state) != panel.cells.end();
  });
}

std::size_t Figure::longest_label() const {
  std::size_t longest = 0;
  for (const Panel& panel : panels) {
    for (const Cell& cell : panel.cells) longest = std::max(longest, cell.label.size());
  }
  return longest;
}

}  // namespace arbiter::plots
