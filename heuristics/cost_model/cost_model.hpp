// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/heuristic.hpp"
#include "common/cell_block.hpp"
#include "common/table_selector.hpp"
#include "cost_model/time_curve.hpp"

namespace arbiter {

struct CostModelOptions {
  std::size_t max_regimes = 4;
  std::string fallback;   ///< empty: the dataset's baseline_strategy()
  std::string note = {};  ///< lines for the report, each after a line break
};

/// The time curves of one (tp, fusion, dtype), and the decision they give.
struct BlockModel {
  BlockKey key;
  std::vector<std::string> strategies;
  std::vector<TimeCurve> curves;  ///< [strategy]
  DecisionGrid grid;              ///< the strategy of the least predicted time

  /// In microseconds; NaN for a strategy without a curve.
  [[nodiscard]] double predict(std::int64_t hidden_size, std::int64_t num_tokens, const std::string& strategy) const;
};

/// The grid is four times as dense as the measured one (dense_axis()). A strategy is a candidate where it has a time
/// and did not fail in all of the (up to four) measured cells around; where none is, those with a time in one of them.
[[nodiscard]] BlockModel fit_block_model(const CellBlock& block, std::size_t max_regimes);

/// Selects the strategy of the least predicted time, by a table of predictions looked up by `nearest`.
class CostModelSelector : public TableSelector {
 public:
  CostModelSelector(DecisionTable table, std::vector<BlockModel> models)
      : TableSelector("cost_model", std::move(table)), models_(std::move(models)) {}

  /// NaN for a (tp_size, fusion, dtype) or a strategy that was not measured.
  [[nodiscard]] double predict(const Problem& problem, const std::string& strategy) const override;
  [[nodiscard]] const std::vector<BlockModel>& models() const { return models_; }

 private:
  std::vector<BlockModel> models_;
};

/// Throws DataError if no row is usable, Error if GLPK fails.
[[nodiscard]] std::shared_ptr<const CostModelSelector> fit_cost_model(const Dataset& dataset,
                                                                      const CostModelOptions& options);

}  // namespace arbiter
