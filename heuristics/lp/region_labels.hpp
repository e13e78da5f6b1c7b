#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"
#include "lp/excess.hpp"
#include "lp/monotone_labelling.hpp"

namespace arbiter {

/// Which cells of a block the choice may not fall between.
enum class MonotoneIn : std::uint8_t {
  tokens_and_hidden,
  tokens,  ///< hidden sizes are apart from each other
};

/// A strategy of `order` for each cell that has a time for one of them.
struct RegionLabels {
  DecisionGrid grid;  ///< its strategies are the order
  Labelling solution;
  std::size_t cells = 0;       ///< with a time for a strategy of the order
  std::size_t exceptions = 0;  ///< where the program's choice was not measured; they have their own best instead
  Excess excess;
  double worst_beyond_noise = 0.0;  ///< as excess, from the near ends of the confidence intervals
};

/// The labelling that does not fall in the order when num_tokens (and hidden_size) grows; or, with a price, one that
/// falls where the time saved is worth it.
[[nodiscard]] RegionLabels region_labels(const CellBlock& block, const std::vector<std::string>& order,
                                         MonotoneIn monotone_in,
                                         double price_of_falling = std::numeric_limits<double>::infinity());

}  // namespace arbiter
