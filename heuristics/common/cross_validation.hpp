// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/heuristic.hpp"

namespace arbiter {

/// One split of a dataset: a table is fitted to one part and judged by the other.
struct Fold {
  Dataset fitted;
  Dataset held_out;
};

/// Up to four folds: every other hidden size held out, then the remaining ones; the same with token counts. The first
/// and the last value of an axis are never held out, so held-out cells are interpolated, not extrapolated; an axis of
/// two values has no fold. Of more than 50 000 rows, folds of some of the tp sizes, fusions and dtypes only.
[[nodiscard]] std::vector<Fold> folds_of(const Dataset& dataset);

/// The regret (time(chosen) / time(best) - 1) of choices for held-out cells, over all folds.
struct HeldOutRegret {
  std::int64_t cells = 0;
  std::int64_t unmeasured = 0;  ///< cells whose choice has no time; not part of `mean` and `worst`
  double mean = 0.0;
  double worst = 0.0;

  /// Fewer unmeasured choices are always better; of as many, the lower mean.
  [[nodiscard]] bool clearly_better_than(const HeldOutRegret& other) const;
};

/// "mean 0.31 %, worst 7.42 %": for reports.
[[nodiscard]] std::string to_string(const HeldOutRegret& regret);

/// Tables fitted to each fold, and their regret on the cells held out of it.
class CrossValidation {
 public:
  /// Skips folds for which `fit` throws DataError.
  CrossValidation(const Dataset& dataset, const std::function<DecisionTable(const Dataset&)>& fit);
  /// From fitted tables, one for each fold.
  CrossValidation(std::vector<Fold> folds, std::vector<DecisionTable> tables)
      : folds_(std::move(folds)), tables_(std::move(tables)) {}

  /// False if no cell can be held out.
  [[nodiscard]] bool possible() const { return !folds_.empty(); }
  [[nodiscard]] HeldOutRegret regret() const;
  /// The regret if the tables had another look-up rule.
  [[nodiscard]] HeldOutRegret regret(LookUp look_up) const;

 private:
  std::vector<Fold> folds_;
  std::vector<DecisionTable> tables_;
};

/// A look-up rule, its held-out regret, and the reason for it as text for the report.
struct LookUpChoice {
  LookUp look_up = LookUp::nearest;
  HeldOutRegret regret;
  std::string text;
};

/// `message_size` if its held-out regret is clearly lower, else `nearest`.
[[nodiscard]] LookUpChoice choose_look_up(const CrossValidation& validation);

/// The rule that a `look_up` parameter names; empty for "auto".
[[nodiscard]] std::optional<LookUp> parse_look_up(const std::string& text);

}  // namespace arbiter
