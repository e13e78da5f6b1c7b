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
