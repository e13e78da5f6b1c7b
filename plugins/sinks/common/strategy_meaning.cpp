// SPDX-License-Identifier: Apache-2.0
#include "common/strategy_meaning.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace arbiter {

namespace {

bool differs_in(const StrategyDefinition& strategy, const std::pair<std::string, std::string>& parameter) {
  return std::ranges::any_of(strategy.parameters, [&](const auto& other) {
    return other.first == parameter.first && other.second != parameter.second;
  });
}

}  // namespace

std::string strategy_meaning(const Report& report, const std::string& name) {
  const auto known = std::ranges::find(report.strategies, name, &StrategyDefinition::name);
  if (known == report.strategies.end()) return "as the data call it; what ran is not recorded";
  std::string text = fmt::format("the strategy {} on {}", known->strategy, known->backend);
  for (const auto& parameter : known->parameters) {
    const bool tells = std::ranges::any_of(report.strategies, [&](const StrategyDefinition& other) {
      return other.strategy == known->strategy && other.backend == known->backend && differs_in(other, parameter);
    });
    if (tells) text += fmt::format(", {}: {}", parameter.first, parameter.second);
  }
  return text;
}

std::vector<std::string> numbers_warning(const Report& report) {
  if (report.strategies.empty()) {
    return {
        "AllReduceStrategyType of TensorRT-LLM has the numbers below 99 too, for its own kernels. Of Arbiter's files",
        "only those under engines/ are always made of an engine's own kernels."};
  }
  return {"AllReduceStrategyType of TensorRT-LLM has the numbers below 99 too, for its own kernels. What is called the",
          "strategy ONESHOT or TWOSHOT here is a kernel of Arbiter, which libarbiter_runtime runs, and no engine's. Of",
          "Arbiter's files only those under engines/ are always made of an engine's own kernels."};
}

}  // namespace arbiter
