// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "supervise/checkpoint.hpp"
#include "sweep/plan.hpp"

namespace arbiter {

/// What previous ranks measured and what broke them, so that new ranks continue after it. Empty for the first ranks of
/// a sweep.
class ResumeState {
 public:
  /// A strategy that broke the ranks on this many problems of a fusion is not tried again with it. Likewise a fusion
  /// whose own code did, which is any_strategy's.
  static constexpr int max_breaks = 3;

  ResumeState() = default;
  explicit ResumeState(Checkpoint::Contents before);

  [[nodiscard]] bool empty() const { return rows_.empty() && broken_.empty(); }
  /// In the order they were measured.
  [[nodiscard]] const std::vector<Measurement>& rows() const { return rows_; }

  /// Why the cell, or the fusion's own code on its problem, broke the previous ranks; empty if neither did.
  [[nodiscard]] std::string why_broken(const Problem& problem, const std::string& strategy) const;
  [[nodiscard]] bool is_given_up(const std::string& strategy, const std::string& fusion) const;

  /// The part of `plan` that is not measured yet. Broken cells stay in it, to get their failed row; the other cells of
  /// strategies that were given up move to its skipped cells.
  [[nodiscard]] Plan rest_of(const Plan& plan) const;

 private:
  std::vector<Measurement> rows_;
  std::set<Cell> measured_;
  std::map<Cell, std::string> broken_;
  std::map<std::pair<std::string, std::string>, int> breaks_;  // by strategy and fusion
};

}  // namespace arbiter
