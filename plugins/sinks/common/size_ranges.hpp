// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// One strategy for the messages of a range of sizes.
struct SizeRange {
  std::string strategy;
  std::int64_t last_byte = 0;  ///< the largest measured size in it
};

/// What is the fastest at which size, in as few ranges as say it.
struct SizeRanges {
  std::vector<SizeRange> ranges;  ///< ascending; empty without a usable row
  std::int64_t cells = 0;         ///< with a usable row
  double mean_regret = 0.0;       ///< a share; a choice without a time counts as `no_time_regret`
  double within_one_percent = 0.0;
};

inline constexpr double no_time_regret = 10.0;

/// At most three ranges of message sizes, of a strategy each, for all cells of a dataset. A further range is there only
/// if it makes the mean regret smaller by more than a quarter of a percent.
[[nodiscard]] SizeRanges size_ranges(const Dataset& dataset);

/// What size_ranges() counts, of ranges that were fitted to other rows.
[[nodiscard]] double mean_regret_of(const std::vector<SizeRange>& ranges, const Dataset& dataset);

/// "ONESHOT to 64 KiB, TWOSHOT above"; "ONESHOT at every size". Long names end early.
[[nodiscard]] std::string to_string(const std::vector<SizeRange>& ranges);

}  // namespace arbiter
