#pragma once

#include <vector>

#include "common/cell_block.hpp"

namespace arbiter {

/// Which strategies may be chosen, [cell][strategy]: those as good as the best, with a time within `tie_percent` of it
/// or each median within the other's confidence interval. One that failed in the cell or in a cell beside it does not
/// count, however fast, while another has a time. Every measured cell has at least one; cells without data have none.
[[nodiscard]] std::vector<bool> tie_sets(const CellBlock& block, double tie_percent);

}  // namespace arbiter
