#pragma once

#include <functional>
#include <string>

#include "arbiter/problem.hpp"
#include "sweep/plan.hpp"

namespace arbiter {

/// How a race is looked after, should a strategy break its ranks. The default is a race that nobody looks after.
struct RunHooks {
  /// Called on every rank whenever the code of a strategy is about to run.
  std::function<void(const PlannedProblem&, const std::string& strategy)> begins = [](const PlannedProblem&,
                                                                                      const std::string&) {};
  /// Why a cell has failed already and is not tried; empty if it is. The same on every rank.
  std::function<std::string(const Problem&, const std::string& strategy)> why_broken =
      [](const Problem&, const std::string&) { return std::string(); };
  /// Whether fresh ranks take over from ones that end themselves.
  bool has_fresh_ranks = false;
};

}  // namespace arbiter
