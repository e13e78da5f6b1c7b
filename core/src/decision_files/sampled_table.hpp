#pragma once

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/selector.hpp"

namespace arbiter {

/// What a selector that has no table chooses in the cells of a dataset, looked up off the grid by `nearest`. Cells
/// whose (tp size, dtype, fusion) has other cells with that hidden size or that number of tokens count too. Elsewhere
/// it may differ from the selector, so whoever writes it down has to say so.
[[nodiscard]] ARBITER_EXPORT DecisionTable sampled_table(const Selector& selector, const Dataset& dataset);

}  // namespace arbiter
