// SPDX-License-Identifier: Apache-2.0
#include "measure/statistics.hpp"

#include <numeric>
#include <random>

#include <gtest/gtest.h>

namespace arbiter {
namespace {

TEST(Statistics, MedianOfAnOddAndAnEvenNumberOfSamples) {
  EXPECT_DOUBLE_EQ(summarise({5.0, 1.0, 9.0}).median, 5.0);
  EXPECT_DOUBLE_EQ(summarise({5.0, 1.0, 9.0, 7.0}).median, 6.0);
}

TEST(Statistics, OneSampleIsItsOwnSummary) {
  const auto summary = summarise({3.0});
  EXPECT_EQ(summary.minimum, 3.0);
  EXPECT_EQ(summary.p95, 3.0);
  EXPECT_EQ(summary.ci_low, 3.0);
  EXPECT_EQ(summary.ci_high, 3.0);
}

TEST(Statistics, IntervalIsThatOfTheOrderStatistics) {
  std::vector<double> samples(100);
  std::iota(samples.begin(), samples.end(), 1.0);  // the k-th smallest is k
  const auto summary = summarise(samples);
  EXPECT_EQ(summary.ci_low, 40.0);
  EXPECT_EQ(summary.ci_high, 61.0);
  EXPECT_EQ(summary.p95, 95.0);
  EXPECT_EQ(summary.minimum, 1.0);
  EXPECT_EQ(summary.median, 50.5);
  EXPECT_DOUBLE_EQ(summary.relative_half_width(), 21.0 / 101.0);
}

TEST(Statistics, RanksBetweenTwoSamplesAreTheOuterOne) {
  const auto first = [](std::size_t count) {
    std::vector<double> samples(count);
    std::iota(samples.begin(), samples.end(), 1.0);
    return summarise(samples);
  };
  EXPECT_EQ(first(10).p95, 10.0);
  EXPECT_EQ(first(20).p95, 19.0);
  EXPECT_EQ(first(21).p95, 20.0);
  EXPECT_EQ(first(40).ci_low, 13.0);
  EXPECT_EQ(first(40).ci_high, 28.0);
  EXPECT_EQ(first(1000).ci_low, 469.0);
  EXPECT_EQ(first(1000).ci_high, 532.0);
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

}  // namespace
}  // namespace arbiter
