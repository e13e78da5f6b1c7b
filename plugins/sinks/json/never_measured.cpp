#include "json/never_measured.hpp"

#include <set>
#include <tuple>

namespace arbiter {

namespace {

struct Axes {
  std::set<std::int64_t> hidden_sizes;
  std::set<std::int64_t> num_tokens;
};

}  // namespace

std::vector<NeverMeasured> never_measured(const Dataset& dataset, const Dataset& holdout,
                                          const std::map<Cell, std::string>& skipped) {
  std::map<std::tuple<int, DType, std::string>, Axes> parts;
  std::set<Cell> measured;
  for (const Measurement& row : dataset.rows()) {
    measured.emplace(row.problem, row.strategy);
    Axes& axes = parts[{row.problem.tp_size, row.problem.dtype, row.problem.fusion}];
    axes.hidden_sizes.insert(row.problem.hidden_size);
    axes.num_tokens.insert(row.problem.num_tokens);
  }
  for (const Measurement& row : holdout.rows()) measured.emplace(row.problem, row.strategy);

  std::map<Cell, std::string> missing = skipped;
  const std::vector<std::string> strategies = dataset.strategies();
  for (const auto& [key, axes] : parts) {
    const auto& [tp_size, dtype, fusion] = key;
    for (const std::int64_t hidden : axes.hidden_sizes) {
      for (const std::int64_t tokens : axes.num_tokens) {
        for (const std::string& strategy : strategies) {
          if (strategy == "AUTO") continue;
          missing.try_emplace({{tp_size, dtype, fusion, hidden, tokens}, strategy}, "not in the data");
        }
      }
    }
  }
  std::vector<NeverMeasured> result;
  for (const auto& [cell, reason] : missing) {
    if (!measured.contains(cell)) result.push_back({cell.first, cell.second, reason});
  }
  return result;
}

}  // namespace arbiter
