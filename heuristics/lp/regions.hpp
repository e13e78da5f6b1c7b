// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"
#include "lp/monotone_labelling.hpp"
#include "lp/relative_cost.hpp"

namespace arbiter {

/// The axes along which labels must not decrease.
enum class MonotoneIn : std::uint8_t {
  tokens_and_hidden,
  tokens,  ///< each hidden size is independent
};

/// A strategy of an order for each cell of a block that has a time for one of them.
struct RegionLabels {
  DecisionGrid grid;  ///< its strategies are the order
  Labelling solution;
  std::size_t cells = 0;       ///< with a time for a strategy of the order
  std::size_t exceptions = 0;  ///< cells whose label was not measured; they get their fastest strategy instead
  Excess excess;
  double worst_beyond_noise = 0.0;  ///< worst regret between the nearer ends of the confidence intervals
};

/// The labelling of least total cost whose position in the order does not decrease with num_tokens (and hidden_size).
/// With a finite penalty it may decrease where the time saved is worth it, see LabellingProblem::violation_penalty.
[[nodiscard]] RegionLabels region_labels(const CellBlock& block, const std::vector<std::string>& order,
                                         MonotoneIn monotone_in,
                                         double violation_penalty = std::numeric_limits<double>::infinity());

enum class Monotone : std::uint8_t {
  automatic,  ///< unless some cell then has a regret above MonotoneRule::limit, beyond noise, or no time
  always,
  never,
};

struct MonotoneRule {
  Monotone monotone = Monotone::automatic;
  double limit = 0.05;
};

/// The regions of one block and, if they are not monotone, the reason.
struct BlockRegions {
  RegionLabels labels;
  bool monotone = true;
  std::string why_not;
};

/// Regions that need not be monotone pay 0.5 % of one cell's time for each step down the order, so that noise makes no
/// islands.
[[nodiscard]] BlockRegions block_regions(const CellBlock& block, const std::vector<std::string>& order,
                                         const MonotoneRule& rule);

/// Thresholds in tokens for each hidden size: labels that do not decrease along tokens.
[[nodiscard]] RegionLabels token_cutoffs(const CellBlock& block, const std::vector<std::string>& order);

/// "128 .. 2048: ONESHOT; 4096 .. 8192: ONESHOT to 64, NCCL": hidden sizes with equal thresholds are one entry; a
/// threshold is the last measured token count.
[[nodiscard]] std::string token_cutoffs_text(const DecisionGrid& grid);

}  // namespace arbiter
