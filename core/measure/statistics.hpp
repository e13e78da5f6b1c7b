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
///  - Few effective samples. m = n (1 - r) / (1 + r) of n samples count, at least 2.5. The half-width grows by
///    2 / (m - 1) - 2 / (n - 1) more: Student's quantile, and a margin for series that end when they look precise.
///  - Drift. The interval is wider on each side by what a linear trend adds at its ends less 0.8 standard errors, or by
///    0.76 of what it adds less 0.6 standard errors if that is more; within the extremes. A strong trend is covered
///    from the first to the last sample, a weak one over the medians of both halves of the run.
/// Ranks beyond the extremes are extrapolated linearly, to at most three times the extreme's distance from the median
/// and to no less than half the minimum. Such a bound is no order statistic.
///
/// Simulated coverage (tests/benchmarks/statistics_benchmark.cpp) at AR(1) coefficients up to 0.8 is at least 94 % from
/// 8 samples on, and 90 % with 6. Of series that end as soon as the interval is narrow enough it is at least 93 % where
/// that takes up to 70 samples, and 91 % where it takes 100: they end where chance makes samples look independent, and
/// no look at the same samples tells them from samples that are. Under a drift too weak to be seen in the noise, at
/// least 90 % of the intervals hold the medians of both halves of the run; 83 % where samples are skewed.
[[nodiscard]] SampleSummary summarise(const std::vector<double>& samples);

}  // namespace arbiter
