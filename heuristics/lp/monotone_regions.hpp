#pragma once

#include <string>
#include <vector>

#include "common/label_table.hpp"
#include "lp/monotone_labelling.hpp"

namespace arbiter {

/// The first reduction: one block's cells, each with a strategy of `order` that does not fall in the order when
/// num_tokens or hidden_size grows.
struct MonotoneRegions {
  LabelBlock labels;
  Labelling solution;
  std::size_t cells = 0;       ///< with a time for a strategy of the order
  std::size_t exceptions = 0;  ///< where the monotone choice was not measured; they have their own best instead
};

[[nodiscard]] MonotoneRegions monotone_regions(const CellBlock& block, const std::vector<std::string>& order);

}  // namespace arbiter
