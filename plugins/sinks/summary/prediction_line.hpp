#pragma once

#include <string>
#include <vector>

#include "arbiter/sink.hpp"

namespace arbiter {

/// How far the times that selectors predicted were off on the holdout, which they never saw: a line for each selector
/// that predicts times. Empty without a holdout.
[[nodiscard]] std::vector<std::string> prediction_lines(const Report& report);

}  // namespace arbiter
