#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/heuristic.hpp"

namespace arbiter {

/// A dataset in two: what is fitted, and what the fit is judged by.
struct Fold {
  Dataset fitted;
  Dataset left_out;
};

/// Up to four folds: every other hidden size left out, then the others; the same with token counts. The first and the
/// last value of an axis stay in, so that what is left out lies inside of what is fitted; an axis of two values has no
/// fold.
[[nodiscard]] std::vector<Fold> folds_of(const Dataset& dataset);

/// The regret of answers for cells that were left out of the fit, over all folds.
struct HeldOutRegret {
  std::int64_t cells = 0;
  std::int64_t unmeasured = 0;  ///< whose choice has no time; not in the figures below
  double mean = 0.0;
  double worst = 0.0;

  /// Choices without a time weigh more than any that have one.
  [[nodiscard]] bool clearly_better_than(const HeldOutRegret& other) const;
};

/// "mean 0.31 %, worst 7.42 %": for a person.
[[nodiscard]] std::string to_string(const HeldOutRegret& regret);

/// Cross-validation inside of a fit: tables fitted on each fold, judged by what they did not see.
class HeldOut {
 public:
  HeldOut(const Dataset& dataset, const std::function<DecisionTable(const Dataset&)>& fit);

  /// Tables that were made already, one for each fold.
  HeldOut(std::vector<Fold> folds, std::vector<DecisionTable> tables)
      : folds_(std::move(folds)), tables_(std::move(tables)) {}

  /// False where nothing can be left out.
  [[nodiscard]] bool possible() const { return !folds_.empty(); }
  /// With the tables' own rule; with another.
  [[nodiscard]] HeldOutRegret regret() const;
  [[nodiscard]] HeldOutRegret regret(LookUp look_up) const;

 private:
  std::vector<Fold> folds_;
  std::vector<DecisionTable> tables_;
};

}  // namespace arbiter
