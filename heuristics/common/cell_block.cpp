// SPDX-License-Identifier: Apache-2.0
#include "common/cell_block.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

using Rows = std::vector<const Measurement*>;

CellBlock make_block(const BlockKey& key, const Rows& rows) {
  CellBlock block;
  block.key = key;
  std::vector<std::int64_t> hidden;
  std::vector<std::int64_t> tokens;
  for (const Measurement* row : rows) {
    hidden.push_back(row->problem.hidden_size);
    tokens.push_back(row->problem.num_tokens);
    const bool known = std::ranges::find(block.strategies, row->strategy) != block.strategies.end();
    if (row->usable() && !known) block.strategies.push_back(row->strategy);
  }
  block.hidden = LogAxis(std::move(hidden));
  block.tokens = LogAxis(std::move(tokens));
  const std::size_t cells = block.hidden.size() * block.tokens.size();
  block.best.assign(cells, nullptr);
  block.usable.assign(cells * block.strategies.size(), nullptr);
  block.failed.assign(cells * block.strategies.size(), false);
  for (const Measurement* row : rows) {
    const auto name = std::ranges::find(block.strategies, row->strategy);
    if (name == block.strategies.end()) continue;
    const std::size_t cell = *block.hidden.find(row->problem.hidden_size) * block.tokens.size() +
                             *block.tokens.find(row->problem.num_tokens);
    const std::size_t entry = block.at(cell, static_cast<std::size_t>(name - block.strategies.begin()));
    if (row->failed) block.failed[entry] = true;
    if (!row->usable()) continue;
    const Measurement*& fastest = block.usable[entry];
    if (fastest == nullptr || row->time_us < fastest->time_us) fastest = row;
    const Measurement*& best = block.best[cell];
    if (best == nullptr || row->time_us < best->time_us) best = row;
  }
  return block;
}

}  // namespace

std::string to_string(const BlockKey& key) {
  return fmt::format("tp {}, {}, {}", key.tp_size, key.fusion, name_of(key.dtype));
}

Problem CellBlock::problem_of(std::size_t cell) const {
  return {key.tp_size, key.dtype, key.fusion, hidden_of(cell), tokens_of(cell)};
}

std::size_t CellBlock::measured_cells() const {
  return static_cast<std::size_t>(std::ranges::count_if(best, [](const Measurement* row) { return row != nullptr; }));
}

double CellBlock::excess(std::size_t cell, std::size_t strategy) const {
  const Measurement* row = usable[at(cell, strategy)];
  return row == nullptr ? Measurement::none : row->time_us / best[cell]->time_us - 1.0;
}

bool CellBlock::failed_near(std::size_t cell, std::size_t strategy) const {
  const std::size_t width = tokens.size();
  const auto failed_in = [&](std::size_t where) { return failed[at(where, strategy)]; };
  return failed_in(cell) || (cell % width > 0 && failed_in(cell - 1)) ||
         (cell % width + 1 < width && failed_in(cell + 1)) || (cell >= width && failed_in(cell - width)) ||
         (cell + width < cells() && failed_in(cell + width));
}

std::vector<std::size_t> CellBlock::cells_around(std::int64_t hidden_size, std::int64_t num_tokens) const {
  std::vector<std::size_t> around;
  for (const std::size_t row : hidden.around(hidden_size)) {
    for (const std::size_t column : tokens.around(num_tokens)) around.push_back(row * tokens.size() + column);
  }
  return around;
}

std::vector<CellBlock> cell_blocks(const Dataset& dataset, const std::string& heuristic) {
  std::map<BlockKey, Rows> rows;
  auto last = rows.end();  // rows of one block mostly follow each other
  std::size_t unusable = 0;
  for (const Measurement& row : dataset.rows()) {
    if (row.strategy == "AUTO" || !row.usable()) ++unusable;
    if (row.strategy == "AUTO") continue;
    const Problem& p = row.problem;
    const bool same = last != rows.end() && last->first.tp_size == p.tp_size && last->first.dtype == p.dtype &&
                      last->first.fusion == p.fusion;
    if (!same) last = rows.try_emplace({p.tp_size, p.fusion, p.dtype}).first;
    last->second.push_back(&row);
  }
  std::vector<CellBlock> blocks;
  for (const auto& [key, of_block] : rows) {
    CellBlock block = make_block(key, of_block);
    if (!block.strategies.empty()) blocks.push_back(std::move(block));
  }
  if (blocks.empty()) {
    throw DataError(fmt::format("{}: no measurement to decide from: {} rows, {} of them failed or AUTO", heuristic,
                                dataset.rows().size(), unusable));
  }
  return blocks;
}

DecisionGrid grid_on(const CellBlock& block, const LogAxis& hidden, const LogAxis& tokens) {
  return {block.key.tp_size,
          block.key.dtype,
          block.key.fusion,
          hidden.values(),
          tokens.values(),
          block.strategies,
          std::vector<std::uint16_t>(hidden.size() * tokens.size(), DecisionGrid::no_answer)};
}

DecisionGrid grid_without_answers(const CellBlock& block) { return grid_on(block, block.hidden, block.tokens); }

}  // namespace arbiter
