#pragma once

#include <string>

#include "arbiter/decision_table.hpp"
#include "arbiter/export.hpp"
#include "arbiter/problem.hpp"

namespace arbiter {

/// A decision for every problem. Immutable and thread-safe.
class ARBITER_EXPORT Selector {
 public:
  virtual ~Selector();
  /// What the YAML calls the heuristic that made it.
  [[nodiscard]] virtual std::string name() const = 0;
  /// The strategy to use; never empty, also for problems that were never measured.
  [[nodiscard]] virtual std::string select(const Problem& problem) const = 0;
  /// Lines for a person: what was solved, the optimum, the regret, the thresholds.
  [[nodiscard]] virtual std::string report() const = 0;
  /// The time, in microseconds, that it expects of a strategy; NaN if it expects none.
  [[nodiscard]] virtual double predict(const Problem& problem, const std::string& strategy) const;
  /// The same decision as data; null if it has no such form. Lives as long as the selector.
  [[nodiscard]] virtual const DecisionTable* table() const { return nullptr; }
};

}  // namespace arbiter
