// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "arbiter/regret.hpp"

namespace arbiter {

/// Aligned lines of at most summary_width columns (unless a name is long), a heading first: one per selector, with its
/// regret on the grid and on the holdout in percent. `rows` are of one tp size and fusion, or of all of them; the
/// holdout's columns are left out where there is none, and the cells without a time where there are none.
[[nodiscard]] std::vector<std::string> regret_table(const std::vector<RegretRow>& rows);

/// A table per tp size over all fusions, and one over all tp sizes if there are several.
[[nodiscard]] std::vector<std::string> regret_tables(const std::vector<RegretRow>& rows);

/// A table per tp size and fusion.
[[nodiscard]] std::vector<std::string> regret_details(const std::vector<RegretRow>& rows);

}  // namespace arbiter
