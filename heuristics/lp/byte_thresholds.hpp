#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "arbiter/decision_table.hpp"
#include "arbiter/problem.hpp"
#include "common/cell_block.hpp"
#include "lp/excess.hpp"
#include "lp/monotone_labelling.hpp"

namespace arbiter {

/// The second reduction: a strategy for each measured message size of one (tp, fusion), never falling in the order when
/// the size grows.
struct ByteThresholds {
  int tp_size = 0;
  std::string fusion;
  std::vector<std::string> order;
  LogAxis bytes;
  std::vector<std::size_t> labels;            ///< of each size: index into `order`
  std::map<Problem, std::string> exceptions;  ///< measured problems whose choice was not measured: their own best
  Labelling solution;
  Excess excess;  ///< of the thresholds alone

  /// "ONESHOT to 64 KiB, TWOSHOT to 2 MiB, NCCL above": the sizes are the last measured ones.
  [[nodiscard]] std::string text() const;
};

/// `blocks` are those of one (tp, fusion) and have a time for at least one strategy of the order.
[[nodiscard]] ByteThresholds byte_thresholds(const std::vector<const CellBlock*>& blocks,
                                             const std::vector<std::string>& order);

/// Adds the thresholds to a table: as steps whose borders lie halfway (in logarithms) between measured sizes; if some
/// measured problems are exceptions, which steps cannot hold, as grids of the same answers.
void add_to(DecisionTable& table, const ByteThresholds& thresholds, const std::vector<const CellBlock*>& blocks);

}  // namespace arbiter
