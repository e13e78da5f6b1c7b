#pragma once

#include <cstddef>

#include "arbiter/dataset.hpp"
#include "common/label_table.hpp"

namespace arbiter {

/// One block of the stable table, and what it changed of the plain one.
struct StableBlock {
  LabelBlock labels;
  std::size_t cells = 0;
  std::size_t argmin_regions = 0;
  std::size_t ties_used = 0;  ///< cells whose strategy is not the fastest one but as good
};

/// Among the strategies as good as the best of each cell, those that keep the regions simple.
[[nodiscard]] StableBlock stable_labels(const CellBlock& block, double tie_percent);

}  // namespace arbiter
