// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/cell_block.hpp"
#include "lut/simplest_labels.hpp"

namespace arbiter {

/// Which strategies each cell may take, [cell][strategy]: those as good as its best, with a time within `tie_percent`
/// of it or each median inside the other's confidence interval. A strategy that failed in the cell or a neighbour is
/// left out, however fast, while another one has a time. Every measured cell has at least one; unmeasured cells have
/// none.
[[nodiscard]] std::vector<bool> tie_sets(const CellBlock& block, double tie_percent);

/// Gives each cell without an allowed label the allowed labels of the nearest cell with some (rows are hidden sizes,
/// columns token counts; logarithmic distance; the first of equally near ones). At least one cell must allow some.
/// Returns the number of cells filled.
std::size_t fill_gaps(LabelChoice& choice, const LogAxis& hidden, const LogAxis& tokens);

/// The candidates, [strategy], for which `failed(strategy)` is false; all candidates if it is true for each of them.
template <class Failed>
[[nodiscard]] std::vector<bool> without_failed(const std::vector<bool>& candidates, Failed failed) {
  std::vector<bool> safe;
  for (std::size_t k = 0; k < candidates.size(); ++k) safe.push_back(candidates[k] && !failed(k));
  return std::ranges::find(safe, true) == safe.end() ? candidates : safe;
}

}  // namespace arbiter
