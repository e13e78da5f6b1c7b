// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/decision_table.hpp"
#include "common/log_axis.hpp"

namespace arbiter {

struct BlockKey {
  int tp_size = 0;
  std::string fusion;
  DType dtype = DType::bfloat16;

  friend bool operator==(const BlockKey&, const BlockKey&) = default;
  friend auto operator<=>(const BlockKey&, const BlockKey&) = default;
};

/// "tp 2, RESIDUAL_RMS_NORM, bfloat16"
[[nodiscard]] std::string to_string(const BlockKey& key);

/// The measurements of one (tp, fusion, dtype) as a full grid: cell = hidden index * tokens.size() + tokens index.
/// Unmeasured cells are part of it, without usable rows. Points into the dataset, which must outlive it.
struct CellBlock {
  BlockKey key;
  LogAxis hidden;
  LogAxis tokens;
  std::vector<std::string> strategies;     ///< usable in some cell, in order of appearance; never AUTO
  std::vector<const Measurement*> usable;  ///< [cell][strategy]: its fastest usable row or null
  std::vector<bool> failed;                ///< [cell][strategy]
  std::vector<const Measurement*> best;    ///< [cell]: the fastest usable row of all strategies or null

  [[nodiscard]] std::size_t cells() const { return best.size(); }
  [[nodiscard]] std::size_t at(std::size_t cell, std::size_t strategy) const {
    return cell * strategies.size() + strategy;
  }
  [[nodiscard]] std::int64_t hidden_of(std::size_t cell) const { return hidden[cell / tokens.size()]; }
  [[nodiscard]] std::int64_t tokens_of(std::size_t cell) const { return tokens[cell % tokens.size()]; }
  [[nodiscard]] Problem problem_of(std::size_t cell) const;
  [[nodiscard]] std::size_t measured_cells() const;
  /// The regret of the strategy in the cell, time / best time - 1; NaN where it has no usable row.
  [[nodiscard]] double excess(std::size_t cell, std::size_t strategy) const;
  /// Whether the strategy failed in the cell or in one of its (up to four) neighbours.
  [[nodiscard]] bool failed_near(std::size_t cell, std::size_t strategy) const;
  /// The (up to four) measured grid cells that enclose a shape.
  [[nodiscard]] std::vector<std::size_t> cells_around(std::int64_t hidden_size, std::int64_t num_tokens) const;
};

/// The blocks with at least one usable row, ordered by tp size, fusion and dtype. Throws DataError, which names
/// `heuristic`, if there is none.
[[nodiscard]] std::vector<CellBlock> cell_blocks(const Dataset& dataset, const std::string& heuristic);

/// A grid with the block's key and strategies on other axes, without answers.
[[nodiscard]] DecisionGrid grid_on(const CellBlock& block, const LogAxis& hidden, const LogAxis& tokens);
/// On the block's own axes: cells have the same numbers.
[[nodiscard]] DecisionGrid grid_without_answers(const CellBlock& block);

}  // namespace arbiter
