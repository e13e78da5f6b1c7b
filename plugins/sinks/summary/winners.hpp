// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// The fastest strategies in the cells of one tp_size and fusion.
struct Winners {
  int tp_size = 0;
  std::string fusion;
  std::int64_t cells = 0;                                  ///< with at least one usable row
  std::vector<std::pair<std::string, std::int64_t>> wins;  ///< cells won, most first; strategies that won none too
  std::int64_t compared = 0;                               ///< cells where the baseline has a time
  double speed_up = 0.0;                                   ///< geometric mean of baseline time / best time over those
};

/// By tp size, then in the order fusions appear in the data.
[[nodiscard]] std::vector<Winners> winners(const Dataset& dataset, const std::string& baseline);

/// Aligned lines of at most summary_width columns, with a heading.
[[nodiscard]] std::vector<std::string> winners_table(const std::vector<Winners>& winners, const std::string& baseline);

}  // namespace arbiter
