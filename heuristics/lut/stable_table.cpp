// SPDX-License-Identifier: Apache-2.0
#include "lut/stable_table.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace arbiter {

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
    pooled.add(row);
  }
  std::vector<DecisionGrid> grids;
  for (const CellBlock& block : cell_blocks(pooled, "lut")) grids.push_back(argmin_grid(block));
  return grids;
}

StableFit::StableFit(const Dataset& dataset, double tie_percent, std::size_t most_cells)
    : blocks_(cell_blocks(dataset, "lut")) {
  std::map<std::pair<int, DType>, std::vector<const CellBlock*>> groups;
  std::map<const CellBlock*, std::pair<const RatioSurface*, std::size_t>> places;
  for (const CellBlock& block : blocks_) groups[{block.key.tp_size, block.key.dtype}].push_back(&block);
  for (const auto& [key, group] : groups) {
    std::size_t cells = 0;
    for (const CellBlock* block : group) cells += block->measured_cells();
    if (cells <= most_cells) {
      surfaces_.push_back(std::make_unique<const RatioSurface>(group));
      for (std::size_t i = 0; i < group.size(); ++i) places[group[i]] = {surfaces_.back().get(), i};
      continue;
    }
    for (const CellBlock* block : group) {
      surfaces_.push_back(std::make_unique<const RatioSurface>(*block));
      places[block] = {surfaces_.back().get(), 0};
    }
  }
  for (const CellBlock& block : blocks_) {
    const auto& [surface, index] = places[&block];
    choices_.emplace_back(block, *surface, index, tie_percent);
  }
}

std::size_t StableFit::cells() const {
  std::size_t cells = 0;
  for (const CellBlock& block : blocks_) cells += block.measured_cells();
  return cells;
}

std::string StableFit::noise_text() const {
  double least = surfaces_.front()->noise();
  double most = least;
  for (const auto& surface : surfaces_) {
    least = std::min(least, surface->noise());
    most = std::max(most, surface->noise());
  }
  const std::string low = fmt::format("{:.1f}", 100.0 * least);
  const std::string high = fmt::format("{:.1f}", 100.0 * most);
  return low == high ? high + " %" : fmt::format("{} to {} %", low, high);
}

DecisionGrid stable_grid(const StableChoice& choice) {
  const CellBlock& block = choice.block();
  DecisionGrid grid = grid_without_answers(block);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    const std::int64_t hidden = block.hidden_of(cell);
    const std::int64_t tokens = block.tokens_of(cell);
    grid.cells[cell] =
        choice.at(static_cast<double>(hidden), static_cast<double>(tokens),
                  block.best[cell] != nullptr ? candidates_in(block, cell) : candidates_around(block, hidden, tokens));
  }
  return grid;
}

DecisionGrid refined_grid(const StableChoice& choice) {
  const CellBlock& block = choice.block();
  const DecisionGrid measured = stable_grid(choice);
  std::vector<bool> winners(block.strategies.size(), false);
  for (const std::uint16_t strategy : measured.cells) winners[strategy] = true;
  DecisionGrid grid = grid_on(block, dense_axis(block.hidden), dense_axis(block.tokens));
  for (std::size_t cell = 0; cell < grid.cells.size(); ++cell) {
    const std::int64_t hidden = grid.hidden_sizes[cell / grid.num_tokens.size()];
    const std::int64_t tokens = grid.num_tokens[cell % grid.num_tokens.size()];
    const auto row = block.hidden.find(hidden);
    const auto column = block.tokens.find(tokens);
    if (row && column) {
      grid.cells[cell] = measured.cells[*row * block.tokens.size() + *column];
      continue;
    }
    const std::vector<bool> known = candidates_around(block, hidden, tokens);
    const std::vector<bool> allowed = without(known, [&](std::size_t k) { return !winners[k]; });
    grid.cells[cell] = choice.at(static_cast<double>(hidden), static_cast<double>(tokens), allowed);
  }
  return grid;
}

GridCounts counts_of(const DecisionGrid& grid, const CellBlock& block) {
  GridCounts counts;
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) {
      ++counts.filled;
      continue;
    }
    ++counts.measured;
    const std::string& fastest = block.best[cell]->strategy;
    if (grid.strategies[grid.cells[cell]] == fastest) continue;
    ++counts.not_fastest;
    const auto k = static_cast<std::size_t>(std::ranges::find(block.strategies, fastest) - block.strategies.begin());
    if (!candidates_in(block, cell)[k]) ++counts.avoided;
  }
  return counts;
}

}  // namespace arbiter
