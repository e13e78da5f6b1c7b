// SPDX-License-Identifier: Apache-2.0
#include "arbiter/heuristic.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace arbiter {

namespace {

struct Axes {
  std::set<std::int64_t> hidden_sizes;
  std::set<std::int64_t> num_tokens;
};

std::uint16_t index_in(std::vector<std::string>& names, std::string name) {
  const auto found = std::ranges::find(names, name);
  const auto index = static_cast<std::uint16_t>(found - names.begin());
  if (found == names.end()) names.push_back(std::move(name));
  return index;
}

}  // namespace

std::string baseline_strategy(const Dataset& dataset) {
  const bool gpu = dataset.machine().platform.starts_with("sm");
  const bool nccl = std::ranges::any_of(
      dataset.rows(), [](const Measurement& row) { return row.strategy == "NCCL" || row.setting.backend == "cuda"; });
  return gpu || nccl ? "NCCL" : "MPI";
}

DecisionTable sampled_table(const Selector& selector, const Dataset& dataset) {
  std::map<std::tuple<int, DType, std::string>, Axes> parts;
  for (const Measurement& row : dataset.rows()) {
    Axes& axes = parts[{row.problem.tp_size, row.problem.dtype, row.problem.fusion}];
    axes.hidden_sizes.insert(row.problem.hidden_size);
    axes.num_tokens.insert(row.problem.num_tokens);
  }
  DecisionTable table;
  table.fallback = baseline_strategy(dataset);
  for (const auto& [key, axes] : parts) {
    const auto& [tp_size, dtype, fusion] = key;
    DecisionGrid grid{tp_size,
                      dtype,
                      fusion,
                      {axes.hidden_sizes.begin(), axes.hidden_sizes.end()},
                      {axes.num_tokens.begin(), axes.num_tokens.end()},
                      {},
                      {}};
    for (const std::int64_t hidden : grid.hidden_sizes) {
      for (const std::int64_t tokens : grid.num_tokens) {
        grid.cells.push_back(index_in(grid.strategies, selector.select({tp_size, dtype, fusion, hidden, tokens})));
      }
    }
    table.grids.push_back(std::move(grid));
  }
  return table;
}

}  // namespace arbiter
