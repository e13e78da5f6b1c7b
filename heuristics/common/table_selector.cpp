// SPDX-License-Identifier: Apache-2.0
#include "common/table_selector.hpp"

#include <algorithm>
#include <vector>

#include "arbiter/error.hpp"

namespace arbiter {

std::string fallback_strategy(const std::string& parameter, const Dataset& dataset) {
  if (parameter == "AUTO") {
    throw ConfigError("fallback: found AUTO, allowed: a strategy that does not ask a selector, such as NCCL or MPI");
  }
  return parameter.empty() ? baseline_strategy(dataset) : parameter;
}

std::size_t answered_cells(const DecisionGrid& grid) {
  return grid.cells.size() - static_cast<std::size_t>(std::ranges::count(grid.cells, DecisionGrid::no_answer));
}

std::size_t regions(const DecisionGrid& grid) {
  const std::vector<std::uint16_t>& cells = grid.cells;
  std::size_t count = 0;
  std::vector<bool> seen(cells.size(), false);
  std::vector<std::size_t> open;
  const std::size_t width = grid.num_tokens.size();
  const auto visit = [&](std::size_t cell, std::uint16_t answer) {
    if (seen[cell] || cells[cell] != answer) return;
    seen[cell] = true;
    open.push_back(cell);
  };
  for (std::size_t start = 0; start < cells.size(); ++start) {
    if (seen[start] || cells[start] == DecisionGrid::no_answer) continue;
    ++count;
    visit(start, cells[start]);
    while (!open.empty()) {
      const std::size_t cell = open.back();
      open.pop_back();
      if (cell % width > 0) visit(cell - 1, cells[cell]);
      if (cell % width + 1 < width) visit(cell + 1, cells[cell]);
      if (cell >= width) visit(cell - width, cells[cell]);
      if (cell + width < cells.size()) visit(cell + width, cells[cell]);
    }
  }
  return count;
}

}  // namespace arbiter
