// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "supervise/checkpoint.hpp"
#include "sweep/plan.hpp"

namespace arbiter {

/// What previous ranks measured and what broke them, so that new ranks continue after it. Empty for the first ranks of
/// a sweep.
class ResumeState {
 public:
  /// A strategy that broke the ranks on this many problems is not tried again.
  static constexpr int max_breaks = 3;

  ResumeState() = default;
  explicit ResumeState(Checkpoint::Contents before);

  [[nodiscard]] bool empty() const { return rows_.empty() && broken_.empty(); }
  /// In the order they were measured.
  [[nodiscard]] const std::vector<Measurement>& rows() const { return rows_; }

  /// Why the cell broke the previous ranks; empty if it did not.
  [[nodiscard]] std::string why_broken(const Problem& problem, const std::string& strategy) const;
  [[nodiscard]] bool is_given_up(const std::string& strategy) const;

  /// The part of `plan` that is not measured yet. Broken cells stay in it, to get their failed row; the other cells of
  /// strategies that were given up move to its skipped cells.
  [[nodiscard]] Plan rest_of(const Plan& plan) const;

 private:
  std::vector<Measurement> rows_;
  std::set<Cell> measured_;
  std::map<Cell, std::string> broken_;
  std::map<std::string, int> breaks_;  // by strategy
};

}  // namespace arbiter
