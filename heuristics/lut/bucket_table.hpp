#pragma once

#include <cstddef>

#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"

namespace arbiter {

/// The table of one block for who rounds both sizes down to powers of two: each cell answers for all shapes below the
/// next powers.
struct BucketBlock {
  DecisionGrid grid;  ///< all powers of two from the least to the largest measured size
  std::size_t shapes = 0;
  std::size_t moved = 0;     ///< buckets that another strategy answers than the fastest one at their corner
  std::size_t filled = 0;    ///< buckets without a time, answered as the nearest one with some
  double mean_excess = 0.0;  ///< over the best, of the shapes looked at
};

/// Each bucket gets the strategy of least mean regret over the measured cells in it and shapes between them at quarters
/// of a doubling, whose times are interpolated; strategies within `tie_percent` of that are ties, of which those win
/// that keep the regions simple. One that failed in the bucket or one doubling around it is avoided.
[[nodiscard]] BucketBlock bucket_block(const CellBlock& block, double tie_percent);

}  // namespace arbiter
