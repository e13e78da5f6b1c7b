#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "arbiter/heuristic.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"
#include "sweep/instances.hpp"

namespace arbiter {

/// What AUTO runs for a problem: what the selector names, or, where that does not support the problem, a fallback.
class AutoChoice {
 public:
  using Supports = std::function<Support(const std::string& strategy)>;

  /// `warn` is told a line when a strategy is replaced for the first time.
  explicit AutoChoice(std::function<void(std::string_view)> warn) : warn_(std::move(warn)) {}

  /// The selector's choice also where the fallback does not support the problem either.
  [[nodiscard]] std::string choose(const Selector& selector, const std::string& fallback, const Problem& problem,
                                   const Supports& supports);

 private:
  std::function<void(std::string_view)> warn_;
  std::set<std::string> replaced_;
};

/// Whether a strategy of the run, or one that is installed, supports a problem; never throws for one that is neither.
[[nodiscard]] Support strategy_supports(const std::string& strategy, const Problem& problem, const ProcessGroup& group,
                                        const Config& config, const PluginHost& plugins, const Instances& instances);

}  // namespace arbiter
