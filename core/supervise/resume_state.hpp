#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "supervise/checkpoint.hpp"
#include "sweep/plan.hpp"

namespace arbiter {

/// Where fresh ranks go on. Empty for the first ranks of a sweep.
class ResumeState {
 public:
  /// A strategy that broke ranks on so many problems is not tried again.
  static constexpr int most_breaks = 3;

  ResumeState() = default;
  explicit ResumeState(Checkpoint::Contents before);

  [[nodiscard]] bool empty() const { return rows_.empty() && broken_.empty(); }
  /// In the order they were measured.
  [[nodiscard]] const std::vector<Measurement>& rows() const { return rows_; }

  /// Why the cell has failed already; empty if it has not.
  [[nodiscard]] std::string why_broken(const Problem& problem, const std::string& strategy) const;
  [[nodiscard]] bool is_given_up(const std::string& strategy) const;

  /// What of `plan` is left to do: cells that broke are, as failed; cells of strategies that were given up are not,
  /// they go to its skipped ones.
  [[nodiscard]] Plan rest_of(const Plan& plan) const;

 private:
  std::vector<Measurement> rows_;
  std::set<Cell> measured_;
  std::map<Cell, std::string> broken_;
  std::map<std::string, int> breaks_;  // by strategy
};

}  // namespace arbiter
