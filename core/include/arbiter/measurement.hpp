#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "arbiter/problem.hpp"

namespace arbiter {

/// The timing of one problem under one strategy. Times are microseconds per operation, rounded to nanoseconds;
/// NaN where nothing was recorded (a failed cell, or a CSV made by another tool).
struct Measurement {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  Problem problem;
  std::string strategy;
  std::string op = "allreduce";
  double time_us = none;  ///< median over samples of the maximum over ranks

  std::string backend;     ///< "host", "cuda"; empty if the file did not say
  bool graph = false;      ///< timed by replaying a CUDA graph
  std::int64_t inner = 0;  ///< back-to-back operations in one sample
  std::int64_t samples = 0;
  double min_us = none;
  double p95_us = none;
  double ci_low_us = none;  ///< bounds of the 95 % confidence interval of the median
  double ci_high_us = none;
  double floor_us = none;  ///< the least any AllReduce could take here: Limits::floor_us(); NaN if limits were not
                           ///< measured
  double error = none;     ///< worst verified error as a share of the allowed error; <= 1 passes
  bool failed = false;     ///< verification or execution failed: never chosen, whatever the time says
  bool holdout = false;    ///< measured to judge selectors by, never fitted; in a file of its own
  std::string reason;      ///< why it failed; goes into the log beside the CSV, not into the CSV

  /// How many times the floor it takes; NaN if either is not known.
  [[nodiscard]] double over_floor() const { return time_us / floor_us; }

  /// True if a heuristic may choose this strategy for this problem.
  [[nodiscard]] bool usable() const {
    return !failed && time_us > 0.0 && time_us <= std::numeric_limits<double>::max();
  }
};

}  // namespace arbiter
