// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace arbiter {

/// What a cell's samples say, in their unit.
struct SampleSummary {
  double median = 0.0;
  double minimum = 0.0;
  double p95 = 0.0;
  double ci_low = 0.0;   ///< bounds of the 95 % confidence interval of the median, from order statistics, so that no
  double ci_high = 0.0;  ///< distribution is assumed; with fewer than six samples, the extremes

  /// Half of the interval's width as a share of the median.
  [[nodiscard]] double relative_half_width() const { return (ci_high - ci_low) / 2.0 / median; }
};

/// `samples` has at least one value.
[[nodiscard]] SampleSummary summarise(std::vector<double> samples);

}  // namespace arbiter
