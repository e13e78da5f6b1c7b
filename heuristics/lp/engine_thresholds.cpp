// SPDX-License-Identifier: Apache-2.0
#include "lp/engine_thresholds.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace arbiter {

namespace {

const std::vector<std::string> rule_order = {"NCCL", "ONESHOT", "TWOSHOT"};

struct Cell {
  std::int64_t tokens;
  std::int64_t numel;
  double nccl;
  double one_shot;
  double two_shot;
};

bool has_all(const std::vector<const CellBlock*>& blocks) {
  return std::ranges::all_of(rule_order, [&](const std::string& name) {
    return std::ranges::any_of(blocks, [&](const CellBlock* block) {
      return std::ranges::find(block->strategies, name) != block->strategies.end();
    });
  });
}

std::vector<Cell> cells_by_numel(const std::vector<const CellBlock*>& blocks, double& penalty) {
  std::vector<Cell> cells;
  std::vector<double> costs;
  for (const CellBlock* block : blocks) {
    const RelativeCosts of_block = relative_costs(*block, rule_order);
    costs.insert(costs.end(), of_block.cost.begin(), of_block.cost.end());
    for (const std::size_t cell : of_block.cells) {
      const std::int64_t tokens = block->tokens_of(cell);
      cells.push_back({tokens, tokens * block->hidden_of(cell), 0.0, 0.0, 0.0});
    }
  }
  penalty = penalise_missing(costs, rule_order.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i].nccl = costs[3 * i];
    cells[i].one_shot = costs[3 * i + 1];
    cells[i].two_shot = costs[3 * i + 2];
  }
  std::ranges::stable_sort(cells, {}, &Cell::numel);
  return cells;
}

/// The least cost for one NCCL threshold, and the number of elements that gives it. The cells ascend in numel.
std::pair<double, std::int64_t> best_numel(const std::vector<Cell>& cells, std::int64_t nccl_tokens) {
  double cost = 0.0;  // starts with TWOSHOT for every cell below nccl_tokens
  for (const Cell& cell : cells) cost += cell.tokens >= nccl_tokens ? cell.nccl : cell.two_shot;
  std::pair<double, std::int64_t> best{cost, cells.front().numel};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].tokens < nccl_tokens) cost += cells[i].one_shot - cells[i].two_shot;
    const bool last = i + 1 == cells.size();
    if (!last && cells[i + 1].numel == cells[i].numel) continue;
    if (cost < best.first - 1e-12 * cost) best = {cost, last ? EngineThresholds::never : cells[i + 1].numel};
  }
  return best;
}

}  // namespace

std::string EngineThresholds::text() const {
  const auto shown = [](std::int64_t value) {
    return value == never ? std::string("never") : fmt::format("{}", value);
  };
  return fmt::format("NCCL_num_token_threshold {}, TWO_SHOT_numel_threshold {}", shown(nccl_num_tokens),
                     shown(two_shot_numel));
}

std::optional<EngineThresholds> engine_thresholds(const std::vector<const CellBlock*>& blocks) {
  if (!has_all(blocks)) return std::nullopt;
  double penalty = 0.0;
  const std::vector<Cell> cells = cells_by_numel(blocks, penalty);
  std::vector<std::int64_t> tokens;
  tokens.reserve(cells.size() + 1);
  for (const Cell& cell : cells) tokens.push_back(cell.tokens);
  constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();
  tokens.push_back(unbounded);

  EngineThresholds result;
  result.tp_size = blocks.front()->key.tp_size;
  double least = std::numeric_limits<double>::infinity();
  const LogAxis candidates(tokens);
  for (const std::int64_t candidate : candidates.values()) {
    const auto [cost, numel] = best_numel(cells, candidate);
    if (cost > least) continue;
    least = cost;
    result.nccl_num_tokens = candidate == unbounded ? EngineThresholds::never : candidate;
    result.two_shot_numel = numel;
  }
  for (const Cell& cell : cells) {
    const bool nccl = result.nccl_num_tokens != EngineThresholds::never && cell.tokens >= result.nccl_num_tokens;
    const bool two_shot = result.two_shot_numel != EngineThresholds::never && cell.numel >= result.two_shot_numel;
    const double cost = nccl ? cell.nccl : two_shot ? cell.two_shot : cell.one_shot;
    if (cost >= penalty) {
      result.excess.add_unmeasured();
    } else {
      result.excess.add(cost);
    }
  }
  return result;
}

}  // namespace arbiter
