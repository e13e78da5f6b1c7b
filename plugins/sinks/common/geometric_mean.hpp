// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace arbiter {

/// Of positive factors, as of speed-ups: 2 and 1/2 make 1. Of none it is 0.
[[nodiscard]] double geometric_mean(const std::vector<double>& factors);

}  // namespace arbiter
