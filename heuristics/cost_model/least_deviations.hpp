// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace arbiter {

/// A measured time of one shape.
struct TimePoint {
  std::int64_t bytes = 0;
  std::int64_t tokens = 0;
  double time_us = 0.0;  ///< above 0
};

/// time = fixed + per_byte * bytes + per_token * tokens, in microseconds; no coefficient is negative.
struct LinearTime {
  double fixed = 0.0;
  double per_byte = 0.0;
  double per_token = 0.0;

  [[nodiscard]] double at(std::int64_t bytes, std::int64_t tokens) const {
    return fixed + per_byte * static_cast<double>(bytes) + per_token * static_cast<double>(tokens);
  }
};

/// The fit with the least sum of |predicted / time - 1|, and that sum.
struct DeviationFit {
  LinearTime line;
  double deviation = 0.0;
};

/// Least absolute (relative) deviations by linear programming. GLPK solves the dual, which has three rows for any
/// number of points: maximise sum v[i] with v[i] in [-1, 1] such that, for each coefficient with factors x[i] (1,
/// bytes, tokens), sum x[i] / time[i] v[i] <= 0. The duals of its rows are the coefficients. Throws Error if there is
/// no point or GLPK finds no optimum.
[[nodiscard]] DeviationFit least_deviations(const std::vector<TimePoint>& points);

}  // namespace arbiter
