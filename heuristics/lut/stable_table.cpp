// SPDX-License-Identifier: Apache-2.0
#include "lut/stable_table.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/table_selector.hpp"
#include "lut/simplest_labels.hpp"
#include "lut/tie_sets.hpp"

namespace arbiter {

namespace {

/// The interpolated times, [strategy]; those of strategies that failed nearby only if there are no others.
std::vector<std::optional<double>> times_at(const CellBlock& block, std::int64_t hidden_size, std::int64_t num_tokens) {
  std::vector<std::optional<double>> times;
  std::vector<bool> known;
  for (std::size_t k = 0; k < block.strategies.size(); ++k) {
    times.push_back(block.interpolated_time(k, hidden_size, num_tokens));
    known.push_back(times.back().has_value());
  }
  const std::vector<std::size_t> around = block.cells_around(hidden_size, num_tokens);
  known = without_failed(known, [&](std::size_t k) {
    return std::ranges::any_of(around, [&](std::size_t cell) { return block.failed[block.at(cell, k)]; });
  });
  for (std::size_t k = 0; k < times.size(); ++k) {
    if (!known[k]) times[k].reset();
  }
  return times;
}

}  // namespace

DecisionGrid argmin_grid(const CellBlock& block) {
  DecisionGrid grid = grid_without_answers(block);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) continue;
    const auto name = std::ranges::find(block.strategies, block.best[cell]->strategy);
    grid.cells[cell] = static_cast<std::uint16_t>(name - block.strategies.begin());
  }
  return grid;
}

std::vector<DecisionGrid> argmin_grids(const Dataset& dataset) {
  Dataset pooled(dataset.machine());
  for (Measurement row : dataset.rows()) {
    row.problem.dtype = DType::bfloat16;
    pooled.add(std::move(row));
  }
  std::vector<DecisionGrid> grids;
  for (const CellBlock& block : cell_blocks(pooled, "lut")) grids.push_back(argmin_grid(block));
  return grids;
}

StableBlock stable_block(const CellBlock& block, double tie_percent) {
  StableBlock result{argmin_grid(block), block.measured_cells(), 0, 0, 0, 0};
  result.argmin_regions = regions(result.grid);
  LabelChoice choice = LabelChoice::of(block.hidden.size(), block.tokens.size(), block.strategies.size());
  choice.allowed = tie_sets(block, tie_percent);
  result.filled = fill_gaps(choice, block.hidden, block.tokens);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) {
      choice.allow(cell,
                   without_failed(choice.allowed_in(cell), [&](std::size_t k) { return block.failed_near(cell, k); }));
      continue;
    }
    for (std::size_t k = 0; k < choice.labels; ++k) {
      if (choice.allowed[choice.at(cell, k)]) choice.excess[choice.at(cell, k)] = block.excess(cell, k);
    }
  }
  const std::vector<std::uint16_t> simplest = simplest_labels(choice);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    const std::uint16_t fastest = std::exchange(result.grid.cells[cell], simplest[cell]);
    if (fastest == DecisionGrid::no_answer || fastest == simplest[cell]) continue;
    ++(choice.allowed[choice.at(cell, fastest)] ? result.ties_used : result.avoided);
  }
  return result;
}

DecisionGrid refined_grid(const CellBlock& block, double tie_percent) {
  const LogAxis hidden = dense_axis(block.hidden);
  const LogAxis tokens = dense_axis(block.tokens);
  const std::vector<bool> ties = tie_sets(block, tie_percent);
  LabelChoice choice = LabelChoice::of(hidden.size(), tokens.size(), block.strategies.size());
  for (std::size_t cell = 0; cell < choice.rows * choice.columns; ++cell) {
    const std::int64_t h = hidden[cell / tokens.size()];
    const std::int64_t t = tokens[cell % tokens.size()];
    const auto row = block.hidden.find(h);
    const auto column = block.tokens.find(t);
    const bool on_grid = row && column;
    const std::size_t measured = on_grid ? *row * block.tokens.size() + *column : 0;
    const std::vector<std::optional<double>> times = times_at(block, h, t);
    double least = 0.0;
    for (const auto& time : times) least = time && (least == 0.0 || *time < least) ? *time : least;
    for (std::size_t k = 0; k < choice.labels; ++k) {
      const std::size_t entry = choice.at(cell, k);
      const bool in_tie = times[k] && *times[k] <= least * (1.0 + tie_percent / 100.0);
      choice.allowed[entry] = on_grid ? ties[block.at(measured, k)] : in_tie;
      if (choice.allowed[entry] && times[k]) choice.excess[entry] = *times[k] / least - 1.0;
    }
  }
  fill_gaps(choice, hidden, tokens);
  DecisionGrid grid = grid_on(block, hidden, tokens);
  grid.cells = simplest_labels(choice);
  return grid;
}

}  // namespace arbiter
