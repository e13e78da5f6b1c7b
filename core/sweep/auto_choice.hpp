// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "arbiter/heuristic.hpp"
#include "arbiter/problem.hpp"

namespace arbiter {

/// The rows of this name measure the decision: AUTO runs, for each problem, the strategy that the first selector names.
inline constexpr std::string_view auto_strategy = "AUTO";

/// Chooses what AUTO runs: the strategy that the selector names or, if that does not support the problem, a fallback.
class AutoChoice {
 public:
  using Supports = std::function<Support(const std::string& strategy)>;

  /// `warn` gets a line when a strategy is replaced for the first time.
  explicit AutoChoice(std::function<void(std::string_view)> warn) : warn_(std::move(warn)) {}

  /// Keeps the selector's choice if the fallback does not support the problem either.
  [[nodiscard]] std::string choose(const Selector& selector, const std::string& fallback, const Problem& problem,
                                   const Supports& supports);

 private:
  std::function<void(std::string_view)> warn_;
  std::set<std::string> replaced_;
};

}  // namespace arbiter
