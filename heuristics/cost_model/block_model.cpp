#include "cost_model/block_model.hpp"

#include <algorithm>

#include "common/dense_axis.hpp"

namespace arbiter {

namespace {

/// Which strategies can be used at a shape.
std::vector<bool> usable_near(const CellBlock& block, std::int64_t hidden_size, std::int64_t num_tokens) {
  std::vector<bool> in_all(block.strategies.size(), true);
  std::vector<bool> in_one(block.strategies.size(), false);
  bool measured = false;
  for (const std::size_t h : block.hidden.around(hidden_size)) {
    for (const std::size_t t : block.tokens.around(num_tokens)) {
      const std::size_t cell = h * block.tokens.size() + t;
      if (block.best[cell] == nullptr) continue;
      measured = true;
      for (std::size_t k = 0; k < block.strategies.size(); ++k) {
        const bool has_time = block.usable[block.at(cell, k)] != nullptr;
        if (!has_time || block.failed[block.at(cell, k)]) in_all[k] = false;
        if (has_time) in_one[k] = true;
      }
    }
  }
  if (!measured || std::ranges::find(in_all, true) != in_all.end()) return in_all;
  return in_one;
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
  model.grid = {block.key.tp_size,
                block.key.dtype,
                block.key.fusion,
                dense_axis(block.hidden).values(),
                dense_axis(block.tokens).values(),
                block.strategies,
                {}};
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
      model.grid.cells.push_back(best);
    }
  }
  return model;
}

}  // namespace arbiter
