// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "arbiter/regret.hpp"
#include "arbiter/sink.hpp"

namespace arbiter {

/// What limits the trust in a report, and what that means: rows that missed their precision, more ranks than cores,
/// selectors that a single byte threshold beats on the holdout. Empty if nothing does.
[[nodiscard]] std::vector<std::string> trust_lines(const Report& report, const std::vector<RegretRow>& rows);

}  // namespace arbiter
