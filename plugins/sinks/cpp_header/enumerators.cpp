// SPDX-License-Identifier: Apache-2.0
#include "cpp_header/enumerators.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/source_text.hpp"

namespace arbiter {

std::vector<Enumerator> enumerators(const std::vector<std::pair<std::string, int>>& values) {
  std::vector<Enumerator> result;
  for (const auto& [name, value] : values) {
    const std::string plain = cpp_identifier(name);
    std::string identifier = plain;
    for (int number = 2; std::ranges::find(result, identifier, &Enumerator::identifier) != result.end(); ++number) {
      identifier = fmt::format("{}_{}", plain, number);
    }
    result.push_back({identifier, value, name});
  }
  return result;
}

std::vector<Enumerator> strategy_values(const DecisionTable& table,
                                        const std::function<std::optional<int>(const std::string&)>& table_id) {
  std::set<std::string> names = {table.fallback};
  for (const DecisionGrid& grid : table.grids) names.insert(grid.strategies.begin(), grid.strategies.end());
  for (const DecisionSteps& steps : table.steps) {
    for (const auto& step : steps.steps) names.insert(step.strategy);
  }
  std::vector<std::pair<std::string, int>> values;
  std::set<int> taken;
  int next = 1000;
  for (const std::string& name : names) {
    const auto id = table_id(name);
    const bool own = id && *id >= 0 && taken.insert(*id).second;
    if (!own) {
      while (!taken.insert(next).second) ++next;
    }
    values.emplace_back(name, own ? *id : next);
  }
  std::ranges::stable_sort(values, {}, &std::pair<std::string, int>::second);
  return enumerators(values);
}

std::vector<Enumerator> fusion_values(const DecisionTable& table) {
  std::vector<std::pair<std::string, int>> values = {{"NONE", 0},
                                                     {"RESIDUAL_RMS_NORM", 1},
                                                     {"RESIDUAL_RMS_NORM_QUANT_FP8", 4},
                                                     {"RESIDUAL_RMS_NORM_QUANT_NVFP4", 5},
                                                     {"RESIDUAL_RMS_NORM_OUT_QUANT_FP8", 6},
                                                     {"RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4", 7}};
  int next = 100;
  const auto add = [&](const std::string& fusion) {
    const bool known = std::ranges::any_of(values, [&](const auto& value) { return value.first == fusion; });
    if (!known) values.emplace_back(fusion, next++);
  };
  for (const DecisionGrid& grid : table.grids) add(grid.fusion);
  for (const DecisionSteps& steps : table.steps) add(steps.fusion);
  return enumerators(values);
}

}  // namespace arbiter
