// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "arbiter/decision_table.hpp"
#include "arbiter/problem.hpp"
#include "common/cell_block.hpp"
#include "lp/monotone_labelling.hpp"
#include "lp/relative_cost.hpp"

namespace arbiter {

/// A strategy for each measured message size of one (tp, fusion), whose position in the order does not decrease with
/// the size.
struct ByteThresholds {
  int tp_size = 0;
  std::string fusion;
  std::vector<std::string> order;
  LogAxis bytes;
  std::vector<std::size_t> labels;            ///< [index into `bytes`]: index into `order`
  std::map<Problem, std::string> exceptions;  ///< problems whose label was not measured: their fastest strategy
  Labelling solution;
  Excess excess;  ///< without the exceptions

  /// "ONESHOT to 64 KiB, TWOSHOT to 2 MiB, NCCL above": each size is the last measured one.
  [[nodiscard]] std::string text() const;
};

/// `blocks` are those of one (tp, fusion), with a time for at least one strategy of the order.
[[nodiscard]] ByteThresholds byte_thresholds(const std::vector<const CellBlock*>& blocks,
                                             const std::vector<std::string>& order);

/// Adds the thresholds to a table: as steps, whose borders are the geometric means of neighbouring sizes; if there are
/// exceptions, which steps cannot hold, as one grid per block.
void add_to(DecisionTable& table, const ByteThresholds& thresholds, const std::vector<const CellBlock*>& blocks);

}  // namespace arbiter
