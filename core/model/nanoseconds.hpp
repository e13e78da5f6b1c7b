// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

namespace arbiter {

/// Times are kept and written to the nanosecond; NaN stays.
[[nodiscard]] inline double rounded_to_nanoseconds(double microseconds) {
  return std::round(microseconds * 1000.0) / 1000.0;
}

}  // namespace arbiter
