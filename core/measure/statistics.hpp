// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace arbiter {

/// No order statistics of fewer samples hold a median 19 times in 20: 1 - 2 * 0.5^6 is the first share above 0.95.
constexpr std::size_t fewest_for_interval = 6;

/// A cell's samples in their unit. Each sample is a mean over the iterations of one timing, so that `minimum` and `p95`
/// are those of such means: single iterations spread further.
struct SampleSummary {
  double median = 0.0;
  double minimum = 0.0;
  double p95 = 0.0;
  double ci_low = 0.0;   ///< bounds of the 95 % confidence interval of the median;
  double ci_high = 0.0;  ///< NaN with fewer than `fewest_for_interval` samples

  /// Half of the interval's width as a share of the median; infinite without an interval.
  [[nodiscard]] double relative_half_width() const;
};

/// Summarises at least one positive sample, given in the order of measurement. Takes O(n log n).
///
/// The interval is that of the order statistics, which assumes no distribution, widened for what the order shows:
///  - Autocorrelation. The half-width in ranks grows by sqrt((1 + r) / (1 - r)), the ratio by which the standard error
///    of a mean grows in an AR(1) process of coefficient r. r is the lag-1 autocorrelation of the samples, clamped to
///    their 10 % and 90 % quantiles, corrected for its bias in short series (Kendall, Biometrika 41, 1954) and raised
///    by 2 / (n - 4), a margin for its own error. Negative r counts as 0.
///  - Drift. If a linear trend exceeds 1.75 standard errors, the interval also covers the trend from its first to its
///    last sample, within the extremes.
/// Ranks beyond the extremes are extrapolated linearly, to at most three times the extreme's distance from the median
/// and to no less than half the minimum. Such a bound is no order statistic.
///
/// Simulated coverage (tests/benchmarks/statistics_benchmark.cpp) is at least 93 % for AR(1) coefficients up to 0.8
/// from 10 samples on and up to 0.9 from 20 on; with 6 samples it is 88 % at 0.8. A drift too weak to be significant
/// widens nothing: the medians at its ends may lie outside. The figures are of series of fixed length; a series that
/// ends as soon as its interval is narrow enough has ended where the interval happened to be narrow, which costs
/// coverage.
[[nodiscard]] SampleSummary summarise(const std::vector<double>& samples);

}  // namespace arbiter
