// SPDX-License-Identifier: Apache-2.0
#include "cost_model/cost_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "common/cross_validation.hpp"

namespace arbiter {

namespace {

/// The candidates at a shape, [strategy], see fit_block_model().
std::vector<bool> usable_near(const CellBlock& block, std::int64_t hidden_size, std::int64_t num_tokens) {
  std::vector<bool> in_all(block.strategies.size(), true);
  std::vector<bool> in_one(block.strategies.size(), false);
  bool measured = false;
  for (const std::size_t cell : block.cells_around(hidden_size, num_tokens)) {
    if (block.best[cell] == nullptr) continue;
    measured = true;
    for (std::size_t k = 0; k < block.strategies.size(); ++k) {
      const bool has_time = block.usable[block.at(cell, k)] != nullptr;
      if (!has_time || block.failed[block.at(cell, k)]) in_all[k] = false;
      if (has_time) in_one[k] = true;
    }
  }
  if (!measured || std::ranges::find(in_all, true) != in_all.end()) return in_all;
  return in_one;
}

/// The relative errors of predicted times, |predicted / measured - 1|.
class PredictionErrors {
 public:
  void add(const CostModelSelector& model, const Dataset& dataset) {
    for (const Measurement& row : dataset.rows()) {
      if (row.strategy == "AUTO" || !row.usable()) continue;
      const double predicted = model.predict(row.problem, row.strategy);
      if (!std::isnan(predicted)) values_.push_back(std::abs(predicted / row.time_us - 1.0));
    }
  }

  /// "median 1.20 %, p95 8.10 %, worst 25.00 %"
  [[nodiscard]] std::string text() {
    if (values_.empty()) return "none";
    std::ranges::sort(values_);
    const auto at = [&](double share) {
      return 100.0 * values_[static_cast<std::size_t>(share * static_cast<double>(values_.size() - 1))];
    };
    return fmt::format("median {:.2f} %, p95 {:.2f} %, worst {:.2f} %", at(0.5), at(0.95), at(1.0));
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

/// Errors and regret by cross-validation, as lines of the report.
std::string held_out_text(const Dataset& dataset, const CostModelOptions& options, const std::string& fallback) {
  std::vector<Fold> folds;
  std::vector<DecisionTable> tables;
  PredictionErrors errors;
  for (Fold& fold : folds_of(dataset)) {
    try {
      const auto model = model_of(fold.fitted, options, fallback);
      errors.add(*model, fold.held_out);
      tables.push_back(*model->table());
      folds.push_back(std::move(fold));
    } catch (const DataError&) {
      // The rest has no usable row.
    }
  }
  if (folds.empty()) return "\n  no cell can be held out";
  const CrossValidation validation(std::move(folds), std::move(tables));
  return fmt::format(
      "\n  error on held-out cells (every other hidden size or token count): {}\n  regret on held-out cells: {}",
      errors.text(), to_string(validation.regret()));
}

}  // namespace

double BlockModel::predict(std::int64_t hidden_size, std::int64_t num_tokens, const std::string& strategy) const {
  const auto name = std::ranges::find(strategies, strategy);
  if (name == strategies.end()) return Measurement::none;
  return curves[static_cast<std::size_t>(name - strategies.begin())].at(hidden_size * num_tokens * size_of(key.dtype),
                                                                        num_tokens);
}

BlockModel fit_block_model(const CellBlock& block, std::size_t max_regimes) {
  BlockModel model{block.key, block.strategies, {}, {}};
  for (std::size_t k = 0; k < block.strategies.size(); ++k) {
    std::vector<TimePoint> points;
    for (std::size_t cell = 0; cell < block.cells(); ++cell) {
      const Measurement* row = block.usable[block.at(cell, k)];
      if (row != nullptr) points.push_back({row->problem.message_bytes(), row->problem.num_tokens, row->time_us});
    }
    model.curves.push_back(fit_time_curve(std::move(points), max_regimes));
  }
  model.grid = grid_on(block, dense_axis(block.hidden), dense_axis(block.tokens));
  auto choice = model.grid.cells.begin();
  const std::int64_t bytes = size_of(block.key.dtype);
  for (const std::int64_t hidden : model.grid.hidden_sizes) {
    for (const std::int64_t tokens : model.grid.num_tokens) {
      const std::vector<bool> usable = usable_near(block, hidden, tokens);
      std::uint16_t best = DecisionGrid::no_answer;
      double least = 0.0;
      for (std::size_t k = 0; k < block.strategies.size(); ++k) {
        if (!usable[k]) continue;
        const double time = model.curves[k].at(hidden * tokens * bytes, tokens);
        if (best != DecisionGrid::no_answer && time >= least) continue;
        best = static_cast<std::uint16_t>(k);
        least = time;
      }
      *choice++ = best;
    }
  }
  return model;
}

double CostModelSelector::predict(const Problem& problem, const std::string& strategy) const {
  const BlockKey key{problem.tp_size, problem.fusion, problem.dtype};
  const auto model = std::ranges::find(models_, key, &BlockModel::key);
  if (model == models_.end()) return Measurement::none;
  return model->predict(problem.hidden_size, problem.num_tokens, strategy);
}

std::shared_ptr<const CostModelSelector> fit_cost_model(const Dataset& dataset, const CostModelOptions& options) {
  const std::string fallback = fallback_strategy(options.fallback, dataset);
  const auto model = model_of(dataset, options, fallback);
  PredictionErrors errors;
  errors.add(*model, dataset);
  std::string report = fmt::format(
      "cost_model (time = a + b * bytes + c * tokens per regime, least absolute deviations by GLPK; the least "
      "predicted time of the strategies usable nearby){}\n  error on the grid: {}\n  regret: {}{}",
      options.note, errors.text(), to_string(regret_of(*model, dataset)), held_out_text(dataset, options, fallback));
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
