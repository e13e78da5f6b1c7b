#pragma once

#include <cstddef>
#include <vector>

#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"
#include "cost_model/time_curve.hpp"

namespace arbiter {

/// The curves of one (tp, fusion, dtype), and where its strategies can be used.
struct BlockModel {
  BlockKey key;
  std::vector<std::string> strategies;
  std::vector<TimeCurve> curves;  ///< of each strategy
  DecisionGrid grid;              ///< the strategy of the least predicted time

  /// NaN for a strategy without a curve.
  [[nodiscard]] double predict(std::int64_t hidden_size, std::int64_t num_tokens, const std::string& strategy) const;
};

/// The grid has the measured hidden sizes and token counts, three between each two of them and one doubling beyond
/// either end, in steps of equal ratio. A strategy is chosen only where it can be used: in each of the (up to four)
/// measured cells around the shape it has a time and did not fail, or, where that leaves none, it has a time in one.
[[nodiscard]] BlockModel fit_block_model(const CellBlock& block, std::size_t max_regimes);

}  // namespace arbiter
