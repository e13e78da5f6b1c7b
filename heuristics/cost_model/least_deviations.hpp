#pragma once

#include <cstdint>
#include <vector>

namespace arbiter {

/// One measured time and the shape it is of.
struct TimePoint {
  std::int64_t bytes = 0;
  std::int64_t tokens = 0;
  double time_us = 0.0;  ///< above 0
};

/// time = fixed + per_byte * bytes + per_token * tokens, in microseconds. Nothing is negative.
struct LinearTime {
  double fixed = 0.0;
  double per_byte = 0.0;
  double per_token = 0.0;

  [[nodiscard]] double at(std::int64_t bytes, std::int64_t tokens) const {
    return fixed + per_byte * static_cast<double>(bytes) + per_token * static_cast<double>(tokens);
  }
};

/// The line with the least sum of |predicted / time - 1|, and that sum.
struct DeviationFit {
  LinearTime line;
  double deviation = 0.0;
};

/// Least absolute deviations, by GLPK, as the dual program: it has three rows however many points there are. Maximise
/// sum v[i] with v[i] in [-1, 1] and, for each factor x of the line, sum x[i] / time[i] v[i] <= 0; the duals of the
/// rows are the line. Throws Error if there is no point or the solver finds no optimum.
[[nodiscard]] DeviationFit least_deviations(const std::vector<TimePoint>& points);

}  // namespace arbiter
