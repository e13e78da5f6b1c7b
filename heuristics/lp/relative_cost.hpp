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

/// The strategies of an order by their numbers in a block.
class OrderInBlock {
 public:
  OrderInBlock(const CellBlock& block, const std::vector<std::string>& order);

  /// The row of one strategy of the order in a cell; null if there is none.
  [[nodiscard]] const Measurement* row(std::size_t cell, std::size_t place) const;
  /// Its time / best time, or RelativeCosts::missing.
  [[nodiscard]] double cost(std::size_t cell, std::size_t place) const;

 private:
  static constexpr std::size_t absent = static_cast<std::size_t>(-1);
  const CellBlock& block_;
  std::vector<std::size_t> strategy_;
};

}  // namespace arbiter
