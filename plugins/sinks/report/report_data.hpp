// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "arbiter/sink.hpp"

namespace arbiter {

/// Cells that were not measured, and why: by problem and strategy ("*": all of them).
using SkippedCells = std::map<std::pair<Problem, std::string>, std::string>;

/// Everything the page shows; page/data.js reads it. Names are in plain_text(), times in microseconds, null is what was
/// not recorded.
[[nodiscard]] nlohmann::ordered_json report_data(const Report& report, const SkippedCells& skipped);

}  // namespace arbiter
