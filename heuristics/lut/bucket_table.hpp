// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "arbiter/decision_table.hpp"
#include "lut/stable_choice.hpp"

namespace arbiter {

/// The table of one block for readers that round both sizes down to powers of two (LookUp::floor_log2): each cell is a
/// bucket that answers for all shapes below the next powers.
struct BucketBlock {
  DecisionGrid grid;         ///< all powers of two from the smallest to the largest measured size
  std::size_t shapes = 0;    ///< by which the buckets are judged, with a time of their choice
  std::size_t moved = 0;     ///< buckets whose choice is not the fastest strategy at their smallest shape
  std::size_t filled = 0;    ///< buckets without times, answered like the nearest one with some
  double mean_excess = 0.0;  ///< mean regret of the choices over `shapes`
};

/// Each bucket gets the strategy of least mean regret over its measured cells and shapes at quarters of a doubling
/// between them, by the estimates of `choice`. Among strategies that tie in the middle of the bucket it is the one that
/// is best over the whole block. A strategy that failed in the bucket or within a doubling of its smallest shape is
/// left out while there are others.
[[nodiscard]] BucketBlock bucket_block(const StableChoice& choice);

}  // namespace arbiter
