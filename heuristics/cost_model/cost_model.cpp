#include "cost_model/cost_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "common/folds.hpp"

namespace arbiter {

namespace {

/// Of predicted times: |predicted / measured - 1|.
class Errors {
 public:
  void add(const CostModelSelector& model, const Dataset& dataset) {
    for (const Measurement& row : dataset.rows()) {
      if (row.strategy == "AUTO" || !row.usable()) continue;
      const double predicted = model.predict(row.problem, row.strategy);
      if (!std::isnan(predicted)) values_.push_back(std::abs(predicted / row.time_us - 1.0));
    }
  }

  /// "typically 1.20 %, 8.10 % in 1 of 20, 25.00 % at worst"
  [[nodiscard]] std::string text() {
    if (values_.empty()) return "none";
    std::ranges::sort(values_);
    const auto at = [&](double share) {
      return 100.0 * values_[static_cast<std::size_t>(share * static_cast<double>(values_.size() - 1))];
    };
    return fmt::format("typically {:.2f} % (median), {:.2f} % or more in 1 of 20, {:.2f} % at worst", at(0.5), at(0.95),
                       at(1.0));
  }

 private:
  std::vector<double> values_;
};

std::shared_ptr<CostModelSelector> model_of(const Dataset& dataset, const CostModelOptions& options,
                                            const std::string& fallback) {
  DecisionTable table{LookUp::nearest, {}, {}, fallback};
  std::vector<BlockModel> models;
  for (const CellBlock& block : cell_blocks(dataset, "cost_model")) {
    models.push_back(fit_block_model(block, options.max_regimes));
    table.grids.push_back(models.back().grid);
  }
  return std::make_shared<CostModelSelector>(std::move(table), std::move(models));
}

/// What cross-validation says, as lines of the report.
std::string held_out_text(const Dataset& dataset, const CostModelOptions& options, const std::string& fallback) {
  std::vector<Fold> folds;
  std::vector<DecisionTable> tables;
  Errors errors;
  for (Fold& fold : folds_of(dataset)) {
    try {
      const auto model = model_of(fold.fitted, options, fallback);
      errors.add(*model, fold.left_out);
      tables.push_back(*model->table());
      folds.push_back(std::move(fold));
    } catch (const DataError&) {
      // What is left has nothing usable: this fold says nothing.
    }
  }
  if (folds.empty()) return "\n  left out of the fit: nothing can be";
  const HeldOut held_out(std::move(folds), std::move(tables));
  return fmt::format(
      "\n  error left out of the fit (every other hidden size or token count): {}\n  regret left out of the fit: {}",
      errors.text(), to_string(held_out.regret()));
}

}  // namespace

double CostModelSelector::predict(const Problem& problem, const std::string& strategy) const {
  const BlockKey key{problem.tp_size, problem.fusion, problem.dtype};
  const auto model = std::ranges::find(models_, key, &BlockModel::key);
  if (model == models_.end()) return Measurement::none;
  return model->predict(problem.hidden_size, problem.num_tokens, strategy);
}

std::shared_ptr<const CostModelSelector> fit_cost_model(const Dataset& dataset, const CostModelOptions& options) {
  const std::string fallback = fallback_strategy(options.fallback, dataset);
  const auto model = model_of(dataset, options, fallback);
  Errors errors;
  errors.add(*model, dataset);
  std::string report = fmt::format(
      "cost_model (time = a + b * bytes + c * tokens per regime, least absolute deviations by GLPK; the least "
      "predicted "
      "time of what can be used nearby)\n  error on the grid: {}\n  regret: {}{}",
      errors.text(), to_string(regret_of(*model, dataset)), held_out_text(dataset, options, fallback));
  for (const BlockModel& block : model->models()) {
    report += "\n  " + to_string(block.key);
    for (std::size_t k = 0; k < block.strategies.size(); ++k) {
      report += fmt::format("\n    {}: {}", block.strategies[k], block.curves[k].text());
    }
  }
  model->set_report(std::move(report));
  return model;
}

}  // namespace arbiter
