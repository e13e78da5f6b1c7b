// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/comparison.hpp"

namespace arbiter {

/// A problem in a setting whose best strategy is another one now.
struct WinnerChange {
  PointKey key;       ///< its strategy is the winner before
  std::string now;    ///< the winner after
  double cost = 0.0;  ///< of keeping the earlier winner: its time after / that of the winner after - 1; infinite if it
                      ///< is not usable now
};

struct WinnerChanges {
  std::int64_t problems = 0;          ///< that have a winner on both sides
  std::vector<WinnerChange> changes;  ///< beyond noise, the most costly first
};

/// Where the best strategy changed beyond noise: each of the two winners beats the other on its own side, with
/// intervals that do not overlap (without intervals, by more than the threshold). Only strategies that both sides
/// measured count, and AUTO does not.
[[nodiscard]] WinnerChanges winner_changes(const Comparison& comparison);

}  // namespace arbiter
