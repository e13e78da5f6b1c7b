#pragma once

#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// How far the fastest strategies are above the floor of their rows, per tp size and fusion; empty if no row has one.
[[nodiscard]] std::vector<std::string> lower_bound_lines(const Dataset& dataset);

}  // namespace arbiter
