#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
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

/// All cells of one (tp, fusion, dtype) as a grid: cell = hidden index * tokens.size() + tokens index. Cells nobody
/// measured are in it too, with nothing usable. Points into the dataset.
struct CellBlock {
  BlockKey key;
  LogAxis hidden;
  LogAxis tokens;
  std::vector<std::string> strategies;     ///< usable somewhere in the block, in order of appearance; never AUTO
  std::vector<const Measurement*> usable;  ///< [cell][strategy]: its fastest usable row or null
  std::vector<bool> failed;                ///< [cell][strategy]
  std::vector<const Measurement*> best;    ///< [cell]: null where nothing is usable

  [[nodiscard]] std::size_t cells() const { return best.size(); }
  [[nodiscard]] std::size_t at(std::size_t cell, std::size_t strategy) const {
    return cell * strategies.size() + strategy;
  }
  [[nodiscard]] std::int64_t hidden_of(std::size_t cell) const { return hidden[cell / tokens.size()]; }
  [[nodiscard]] std::int64_t tokens_of(std::size_t cell) const { return tokens[cell % tokens.size()]; }
  [[nodiscard]] std::size_t measured_cells() const;
  /// time / best time - 1, or NaN where the strategy has no usable row.
  [[nodiscard]] double excess(std::size_t cell, std::size_t strategy) const;
  /// Whether the strategy failed in the cell or in one of the (up to four) cells beside it.
  [[nodiscard]] bool failed_near(std::size_t cell, std::size_t strategy) const;
};

/// The blocks with at least one usable row, by tp size, fusion, dtype. Throws DataError, starting with `heuristic`, if
/// there is none.
[[nodiscard]] std::vector<CellBlock> cell_blocks(const Dataset& dataset, const std::string& heuristic);

}  // namespace arbiter
