#pragma once

#include <memory>
#include <string>

#include "arbiter/dataset.hpp"
#include "arbiter/decision_table.hpp"
#include "arbiter/export.hpp"
#include "arbiter/plugin.hpp"
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

/// Turns a dataset into a selector.
class ARBITER_EXPORT Heuristic : public Plugin {
 public:
  /// The selector of a dataset. Throws Error when the data allow no decision; PluginError if do_fit() returns null, or
  /// a table that is inconsistent (fault_of()).
  [[nodiscard]] std::shared_ptr<const Selector> fit(const Dataset& dataset) const;

 protected:
  /// What fit() asks; never null, never a wrong decision. AUTO rows and unusable rows must not be chosen.
  [[nodiscard]] virtual std::shared_ptr<const Selector> do_fit(const Dataset& dataset) const = 0;
};

/// What a selector that has no table chooses in the cells of a dataset, looked up off the grid by LookUp::nearest.
/// Cells whose (tp size, dtype, fusion) has other cells with that hidden size or that number of tokens count too.
/// Elsewhere it may differ from the selector, so a sink that writes it says so. For sinks that write decisions as data.
[[nodiscard]] ARBITER_EXPORT DecisionTable sampled_table(const Selector& selector, const Dataset& dataset);

/// What is chosen where nothing was measured: NCCL if the data have it or are of a GPU, else MPI.
[[nodiscard]] ARBITER_EXPORT std::string baseline_strategy(const Dataset& dataset);

}  // namespace arbiter
