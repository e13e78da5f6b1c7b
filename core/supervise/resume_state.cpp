// SPDX-License-Identifier: Apache-2.0
#include "supervise/resume_state.hpp"

#include <utility>

#include <fmt/format.h>

namespace arbiter {

ResumeState::ResumeState(Checkpoint::Contents before) : rows_(std::move(before.rows)) {
  for (const auto& row : rows_) measured_.insert({row.problem, row.strategy});
  for (auto& [cell, reason] : before.broken) {
    ++breaks_[cell.strategy];
    broken_.emplace(std::move(cell), std::move(reason));
  }
}

std::string ResumeState::why_broken(const Problem& problem, const std::string& strategy) const {
  const auto at = broken_.find({problem, strategy});
  return at == broken_.end() ? "" : at->second;
}

bool ResumeState::is_given_up(const std::string& strategy) const {
  const auto at = breaks_.find(strategy);
  return at != breaks_.end() && at->second >= max_breaks;
}

Plan ResumeState::rest_of(const Plan& plan) const {
  Plan rest;
  for (const auto& planned : plan.problems) {
    PlannedProblem left = planned;
    std::erase_if(left.strategies, [&](const std::string& strategy) {
      if (measured_.contains({planned.problem, strategy})) return true;
      if (!is_given_up(strategy) || broken_.contains({planned.problem, strategy})) return false;
      rest.skipped.push_back({planned.problem, strategy,
                              fmt::format("it crashed or hung the ranks on {} problems; not tried again", max_breaks)});
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
