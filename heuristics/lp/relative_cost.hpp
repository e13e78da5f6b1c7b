#pragma once

#include <string>
#include <vector>

#include "common/cell_block.hpp"

namespace arbiter {

/// The relative times of a block's measured cells under the strategies of an order: what the programs minimise.
struct RelativeCosts {
  static constexpr double missing = -1.0;

  std::vector<std::size_t> cells;  ///< numbers of the block's cells that one of the strategies was measured in
  std::vector<double> cost;        ///< [cell][strategy]: time / best time of any strategy, or `missing`
};

[[nodiscard]] RelativeCosts relative_costs(const CellBlock& block, const std::vector<std::string>& order);

/// Replaces `missing` in all costs by one number so large that a single missing choice costs more than any labelling
/// without one, and returns it.
double penalise_missing(std::vector<double>& costs, std::size_t strategies);

}  // namespace arbiter
