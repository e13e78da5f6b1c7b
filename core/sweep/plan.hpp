// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"
#include "config/config.hpp"
#include "sweep/instances.hpp"

namespace arbiter {

/// A cell of the sweep that will not be measured.
struct SkippedCell {
  Problem problem;
  std::string strategy;  ///< "*" where it is all of them
  std::string reason;
};

/// A problem and the strategies to measure on it, in the order of the YAML.
struct PlannedProblem {
  Problem problem;
  std::vector<std::string> strategies;
  double estimated_seconds = 0.0;  ///< for all of its strategies
  bool holdout = false;            ///< its rows are for judging selectors
};

/// What a sweep measures, in order: by tp_size, fusion, hidden_size, num_tokens; the holdout of a tp_size comes last.
struct Plan {
  std::vector<PlannedProblem> problems;
  std::vector<SkippedCell> skipped;

  [[nodiscard]] std::int64_t cells() const;
  [[nodiscard]] double estimated_seconds() const;
  [[nodiscard]] Plan of_tp_size(int tp_size) const;
};

/// The ranks of a run. All answers but `strategies` are the same on every rank.
struct RunSite {
  int ranks = 0;
  std::function<bool(int tp_size)> single_host;              ///< whether the first `tp_size` ranks are on one host
  std::function<std::int64_t(int tp_size)> free_bytes;       ///< memory for each of the first `tp_size` ranks
  std::function<StrategySet*(int tp_size)> strategies = {};  ///< of that group; null if this rank is not in it
  std::map<std::string, std::string> unusable = {};          ///< strategies that no ranks can run, and why
  std::vector<std::string> unasked = {};  ///< planned without being asked, which needs ranks in their interpreter
};

/// Plans for the groups that this rank is in; rank 0 is in all of them. The plan of a group is the same on all of its
/// ranks. Measures and allocates nothing.
[[nodiscard]] Plan make_plan(const Config& config, const Instances& instances, const RunSite& site);

/// Collective over a group of `tp_size` ranks. What one of them refuses, all skip, with its reason: strategies should
/// answer alike on every rank, but a rank may lack a package or a device. Ranks with different plans would wait for
/// each other.
void keep_common(Plan& plan, int tp_size, ProcessGroup& group);

}  // namespace arbiter
