#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/heuristic.hpp"
#include "common/table_selector.hpp"
#include "cost_model/block_model.hpp"

namespace arbiter {

struct CostModelOptions {
  std::size_t max_regimes = 4;
  std::string fallback;  ///< empty: the baseline of the data
};

/// Chooses the least predicted time. Its table is its decision: predictions on a grid four times as dense as the
/// measured one, looked up by `nearest`.
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

/// Throws DataError if no row can be used, Error if the solver fails.
[[nodiscard]] std::shared_ptr<const CostModelSelector> fit_cost_model(const Dataset& dataset,
                                                                      const CostModelOptions& options);

}  // namespace arbiter
