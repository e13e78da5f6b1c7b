// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arbiter/sink.hpp"

namespace arbiter {

/// How precise the rows of a report are, those of the holdout too. Half widths of 95 % intervals are in percent.
struct MeasuredPrecision {
  std::int64_t rows = 0;     ///< with a goal
  std::int64_t missed = 0;   ///< wider than it
  std::int64_t unknown = 0;  ///< too few samples for an interval
  double goal = 0.0;         ///< the loosest, where runs differ
  double widest = 0.0;       ///< of those that missed it
  double median = 0.0;       ///< of every usable row with an interval; NaN if there is none
};
[[nodiscard]] MeasuredPrecision measured_precision(const Report& report);

/// The cores of a host and the most ranks that shared them; 0 where a report does not say it or is not of a host.
struct CoreShare {
  int ranks = 0;
  int cores = 0;
  [[nodiscard]] bool is_crowded() const { return cores > 0 && ranks > cores; }
};
[[nodiscard]] CoreShare core_share(const Report& report);

}  // namespace arbiter
