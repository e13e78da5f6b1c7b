// SPDX-License-Identifier: Apache-2.0
#include "supervise/resume_state.hpp"

#include <utility>

#include <fmt/format.h>

#include "sweep/run_hooks.hpp"

namespace arbiter {

ResumeState::ResumeState(Checkpoint::Contents before) : rows_(std::move(before.rows)) {
  for (const auto& row : rows_) measured_.insert({row.problem, row.strategy});
  for (auto& [cell, reason] : before.broken) {
    ++breaks_[{cell.strategy, cell.problem.fusion}];
    broken_.emplace(std::move(cell), std::move(reason));
  }
}

std::string ResumeState::why_broken(const Problem& problem, const std::string& strategy) const {
  for (const auto& name : {strategy, std::string(any_strategy)}) {
    if (const auto at = broken_.find({problem, name}); at != broken_.end()) return at->second;
  }
  return {};
}

bool ResumeState::is_given_up(const std::string& strategy, const std::string& fusion) const {
  const auto at = breaks_.find({strategy, fusion});
  return at != breaks_.end() && at->second >= max_breaks;
}

Plan ResumeState::rest_of(const Plan& plan) const {
  Plan rest;
  for (const auto& planned : plan.problems) {
    PlannedProblem left = planned;
    const auto& fusion = planned.problem.fusion;
    std::erase_if(left.strategies, [&](const std::string& strategy) {
      if (measured_.contains({planned.problem, strategy})) return true;
      const bool fusion_breaks = is_given_up(any_strategy, fusion);
      if (!fusion_breaks && !is_given_up(strategy, fusion)) return false;
      if (!why_broken(planned.problem, strategy).empty()) return false;
      rest.skipped.push_back({planned.problem, strategy,
                              fmt::format("{} crashed or hung the ranks on {} problems of {}; not tried again",
                                          fusion_breaks ? "the reference of the fusion" : "it", max_breaks, fusion)});
      return true;
    });
    if (left.strategies.empty()) continue;
    left.estimated_seconds *=
        static_cast<double>(left.strategies.size()) / static_cast<double>(planned.strategies.size());
    rest.problems.push_back(std::move(left));
  }
  return rest;
}

}  // namespace arbiter
