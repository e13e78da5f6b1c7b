// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "arbiter/sink.hpp"

namespace arbiter {

/// The rows of a report, but those of its holdout, as the page draws them: a group is one tp size, dtype, fusion and
/// setting but for the context, and has the rows of each context that was measured.
struct Groups {
  std::vector<std::string> strategies;  ///< what indices in the entries mean
  nlohmann::ordered_json entries;
};

/// The setting of the decision comes first, within it tp sizes and dtypes ascend, and fusions are in the order of the
/// rows.
[[nodiscard]] Groups groups_of(const Report& report);

}  // namespace arbiter
