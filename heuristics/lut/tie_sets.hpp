#pragma once

#include <vector>

#include "common/cell_block.hpp"

namespace arbiter {

/// Which strategies are as good as the best, [cell][strategy]: time within `tie_percent` of it, or each
/// median within the other's confidence interval. One that failed in the cell or in a direct neighbour is left out
/// while another is there. Every measured cell has at least one; cells without data have none.
[[nodiscard]] std::vector<bool> tie_sets(const CellBlock& block, double tie_percent);

}  // namespace arbiter
