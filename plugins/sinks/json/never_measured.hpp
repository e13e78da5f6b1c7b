#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

using Cell = std::pair<Problem, std::string>;  ///< and a strategy

struct NeverMeasured {
  Problem problem;
  std::string strategy;
  std::string reason;
};

/// The cells without a row, in the problems' order: those that were `skipped` (with the reason), and those of a
/// (tp size, dtype, fusion) whose hidden size, number of tokens and strategy the data have, but not together. Not of
/// AUTO, which measures decisions.
[[nodiscard]] std::vector<NeverMeasured> never_measured(const Dataset& dataset, const Dataset& holdout,
                                                        const std::map<Cell, std::string>& skipped);

}  // namespace arbiter
