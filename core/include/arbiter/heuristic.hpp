// SPDX-License-Identifier: Apache-2.0
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
  /// The heuristic's name. Where the YAML gives it another, the runner uses that.
  [[nodiscard]] virtual std::string name() const = 0;
  /// The strategy to use; never empty and never AUTO, also for problems that were never measured.
  [[nodiscard]] virtual std::string select(const Problem& problem) const = 0;
  /// Lines for people: what was solved, the optimum, the regret, the thresholds. The sink summary writes them to
  /// summary.txt, and prints them with `reports: true`; decision.json has them too.
  [[nodiscard]] virtual std::string report() const = 0;
  /// The time it predicts for a strategy, in microseconds; NaN if it predicts none. Judged on the holdout.
  [[nodiscard]] virtual double predict(const Problem& problem, const std::string& strategy) const;
  /// The same decision as data, which sinks write as headers and JSON; null if it has no such form. Lives as long as
  /// the selector.
  [[nodiscard]] virtual const DecisionTable* table() const { return nullptr; }
};

/// Makes a selector from measurements. One object; fit() may be called several times.
class ARBITER_EXPORT Heuristic : public Plugin {
 public:
  /// Throws Error if the data allow no decision, and PluginError if do_fit() returns null or a selector whose table has
  /// a fault (fault_of()).
  [[nodiscard]] std::shared_ptr<const Selector> fit(const Dataset& dataset) const;

 protected:
  /// Implements fit(); never returns null. Unusable rows and AUTO rows must not be chosen.
  [[nodiscard]] virtual std::shared_ptr<const Selector> do_fit(const Dataset& dataset) const = 0;
};

/// What to choose where nothing was measured: NCCL if the dataset has NCCL or is of a GPU, else MPI.
[[nodiscard]] ARBITER_EXPORT std::string baseline_strategy(const Dataset& dataset);

/// For sinks that write decisions as data: the choices of a selector without a table() on the grid of each (tp size,
/// dtype, fusion) of a dataset, with LookUp::nearest. The grid has every hidden size and every number of tokens that
/// occur there. Off the grid it may differ from the selector; a sink that writes it says so.
[[nodiscard]] ARBITER_EXPORT DecisionTable sampled_table(const Selector& selector, const Dataset& dataset);

}  // namespace arbiter
