// SPDX-License-Identifier: Apache-2.0
#include "measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/measure/sample_series.hpp"

namespace arbiter {
namespace {

/// 1 to `count`, smallest and largest in turn: the k-th smallest is k, no trend, no positive autocorrelation.
std::vector<double> alternating(std::size_t count) {
  std::vector<double> samples;
  for (std::size_t i = 0; i < count; ++i) {
    samples.push_back(static_cast<double>(i % 2 == 0 ? i / 2 + 1 : count - i / 2));
  }
  return samples;
}

std::vector<double> ascending(std::size_t count) {
  std::vector<double> samples(count);
  std::iota(samples.begin(), samples.end(), 1.0);
  return samples;
}

/// Share of series whose interval holds both values.
double coverage(SampleSeries series, std::size_t count, int rounds, double low, double high, double drift = 0.0) {
  int inside = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto summary = summarise(series.next(count, drift));
    if (summary.ci_low <= low && high <= summary.ci_high) ++inside;
  }
  return static_cast<double>(inside) / rounds;
}

TEST(Statistics, MedianOfAnOddAndAnEvenNumberOfSamples) {
  EXPECT_DOUBLE_EQ(summarise({5.0, 1.0, 9.0}).median, 5.0);
  EXPECT_DOUBLE_EQ(summarise({5.0, 1.0, 9.0, 7.0}).median, 6.0);
}

TEST(Statistics, OneSampleIsItsOwnSummary) {
  const auto summary = summarise({3.0});
  EXPECT_EQ(summary.minimum, 3.0);
  EXPECT_EQ(summary.p95, 3.0);
  EXPECT_EQ(summary.median, 3.0);
}

TEST(Statistics, FewerThanSixSamplesHaveNoInterval) {
  for (std::size_t count = 1; count < fewest_for_interval; ++count) {
    const auto summary = summarise(ascending(count));
    EXPECT_TRUE(std::isnan(summary.ci_low)) << count;
    EXPECT_TRUE(std::isnan(summary.ci_high)) << count;
    EXPECT_EQ(summary.relative_half_width(), INFINITY) << count;
  }
  EXPECT_TRUE(std::isfinite(summarise(ascending(fewest_for_interval)).relative_half_width()));
}

TEST(Statistics, IntervalIsThatOfTheOrderStatistics) {
  const auto summary = summarise(alternating(100));
  EXPECT_DOUBLE_EQ(summary.ci_low, 50.5 - 9.8);
  EXPECT_DOUBLE_EQ(summary.ci_high, 50.5 + 9.8);
  EXPECT_EQ(summary.p95, 95.0);
  EXPECT_EQ(summary.minimum, 1.0);
  EXPECT_EQ(summary.median, 50.5);
  EXPECT_DOUBLE_EQ(summary.relative_half_width(), 9.8 / 50.5);
}

TEST(Statistics, RanksBetweenTwoSamplesAreInterpolatedExceptThatOfP95) {
  EXPECT_EQ(summarise(alternating(10)).p95, 10.0);
  EXPECT_EQ(summarise(alternating(20)).p95, 19.0);
  EXPECT_EQ(summarise(alternating(21)).p95, 20.0);
  for (const std::size_t count : {6U, 10U, 40U, 1000U}) {
    const double half_width = 0.98 * std::sqrt(static_cast<double>(count));
    const double middle = (static_cast<double>(count) + 1.0) / 2.0;
    const auto summary = summarise(alternating(count));
    EXPECT_NEAR(summary.ci_low, middle - half_width, 1e-9) << count;
    EXPECT_NEAR(summary.ci_high, middle + half_width, 1e-9) << count;
  }
}

// Clamped to 1.9 and 9.1 and centred: -3.6 twice, ..., a lag-1 autocorrelation that gives r = (10 r1 + 3) / 6.
TEST(Statistics, AutocorrelationWidensTheInterval) {
  const std::vector<double> samples{4.0, 6.0, 5.0, 7.0, 3.0, 8.0, 1.0, 2.0, 9.0, 10.0};
  const double c[] = {-1.5, 0.5, -0.5, 1.5, -2.5, 2.5, -3.6, -3.5, 3.5, 3.6};
  double variance = 0.0;
  double lagged = 0.0;
  for (const double value : c) variance += value * value;
  for (int i = 1; i < 10; ++i) lagged += c[i - 1] * c[i];
  const double r = (10.0 * lagged / variance + 3.0) / 6.0;
  ASSERT_GT(r, 0.0);
  const double half_width = 0.98 * std::sqrt(10.0) * std::sqrt((1.0 + r) / (1.0 - r));
  const auto summary = summarise(samples);
  EXPECT_NEAR(summary.ci_high, 5.5 + half_width, 1e-9);
  EXPECT_NEAR(summary.relative_half_width() * 5.5, half_width, 1e-9);
}

TEST(Statistics, RanksBeyondTheExtremesAreExtrapolatedToThreeTimesTheirDistance) {
  const auto summary = summarise({101.0, 102.0, 103.0, 104.0, 105.0, 106.0});  // r = 0.99
  EXPECT_DOUBLE_EQ(summary.median, 103.5);
  EXPECT_DOUBLE_EQ(summary.ci_low, 103.5 - 3.0 * 2.5);
  EXPECT_DOUBLE_EQ(summary.ci_high, 103.5 + 3.0 * 2.5);
}

TEST(Statistics, LowBoundIsAtLeastHalfTheMinimum) { EXPECT_DOUBLE_EQ(summarise(ascending(6)).ci_low, 0.5); }

TEST(Statistics, IntervalHoldsTheMediansOfAWholeDrift) {
  for (const std::size_t count : {10U, 20U, 100U, 1000U}) {
    const auto summary = summarise(ascending(count));
    EXPECT_LE(summary.ci_low, 1.0) << count;
    EXPECT_GE(summary.ci_high, static_cast<double>(count)) << count;
    EXPECT_DOUBLE_EQ(summary.median, (static_cast<double>(count) + 1.0) / 2.0);
  }
  // As strong as the noise: what it does to a median of 100 samples is four times the plain interval.
  EXPECT_GE(coverage({Innovation::gaussian, 0.0, 5}, 100, 500, 998.5, 1001.5, 3.0), 0.93);
}

TEST(Statistics, EqualSamplesHaveAnIntervalOfNoWidth) {
  std::vector<double> samples(20, 0.1);
  EXPECT_EQ(summarise(samples).relative_half_width(), 0.0);
  samples[7] = 5.0;  // one outlier neither
  EXPECT_EQ(summarise(samples).ci_low, 0.1);
  EXPECT_EQ(summarise(samples).ci_high, 0.1);
}

TEST(Statistics, SummaryScalesWithTheUnitAndDoesNotDependOnTheDirectionOfTime) {
  auto samples = SampleSeries(Innovation::skewed, 0.5, 11).next(50);
  const auto first = summarise(samples);
  for (double& sample : samples) sample *= 1024.0;
  const auto scaled = summarise(samples);
  EXPECT_DOUBLE_EQ(scaled.ci_low, first.ci_low * 1024.0);
  EXPECT_DOUBLE_EQ(scaled.ci_high, first.ci_high * 1024.0);
  EXPECT_DOUBLE_EQ(scaled.relative_half_width(), first.relative_half_width());
  std::reverse(samples.begin(), samples.end());
  EXPECT_NEAR(summarise(samples).ci_low, scaled.ci_low, 1e-6);
  EXPECT_NEAR(summarise(samples).ci_high, scaled.ci_high, 1e-6);
}

TEST(Statistics, IntervalHoldsTheTrueMedianNineteenTimesInTwenty) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> skewed(0.0, 1.0);  // median 1
  int inside = 0;
  constexpr int rounds = 2000;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> samples(40);
    for (auto& sample : samples) sample = skewed(random);
    const auto summary = summarise(samples);
    if (summary.ci_low <= 1.0 && 1.0 <= summary.ci_high) ++inside;
  }
  EXPECT_GE(inside, rounds * 94 / 100);
}

TEST(Statistics, IntervalHoldsTheTrueMedianOfAutocorrelatedSamples) {
  const double skewed_median = SampleSeries(Innovation::skewed, 0.8, 1).true_median(400'000);
  for (const auto& [count, rounds] : {std::pair{12U, 4000}, {20U, 2500}, {50U, 1000}, {200U, 500}}) {
    EXPECT_GE(coverage({Innovation::gaussian, 0.8, 2}, count, rounds, 1000.0, 1000.0), 0.93) << count;
    EXPECT_GE(coverage({Innovation::skewed, 0.8, 3}, count, rounds, skewed_median, skewed_median), 0.93) << count;
  }
}

TEST(Statistics, ExtremesAreExtrapolatedByAsMuchAsTheIntervalIsWiderThanTheirDistance) {
  // No trend; the half width is 1.96 sqrt(7) / 2 ranks, widened by autocorrelation to 1.7551 times the 3 to an extreme.
  const auto summary = summarise({101.0, 102.0, 106.0, 103.0, 107.0, 104.0, 105.0});
  EXPECT_DOUBLE_EQ(summary.median, 104.0);
  EXPECT_NEAR(summary.ci_low, 104.0 - 1.755105146159081 * 3.0, 1e-9);
  EXPECT_NEAR(summary.ci_high, 104.0 + 1.755105146159081 * 3.0, 1e-9);
}

}  // namespace
}  // namespace arbiter
