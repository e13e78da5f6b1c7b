// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "arbiter/regret.hpp"

namespace arbiter {

// Paragraphs below the tables of the summary: an empty line and wrapped text each, or nothing if they do not apply.

/// The time of the fastest strategies over the lower bound of their rows, per tp_size and fusion.
[[nodiscard]] std::vector<std::string> lower_bound_lines(const Dataset& dataset);

/// In how many cells, and in which first ones, the best strategy of the report's context is not that of another context
/// that was measured otherwise alike. A paragraph of all such contexts.
[[nodiscard]] std::vector<std::string> context_lines(const Report& report);

/// The regret of AUTO by its own times, and how far these can be trusted: AUTO is measured after the others, so each of
/// its rows is also compared with the earlier time of the strategy that the first selector chooses, the same operation.
[[nodiscard]] std::vector<std::string> auto_lines(const Report& report, const std::vector<RegretRow>& rows);

/// The errors of predicted times on the holdout, which selectors never saw: a paragraph of all selectors that predict.
[[nodiscard]] std::vector<std::string> prediction_lines(const Report& report);

}  // namespace arbiter
