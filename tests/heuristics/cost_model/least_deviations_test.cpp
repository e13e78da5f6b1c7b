// SPDX-License-Identifier: Apache-2.0
#include "cost_model/least_deviations.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "arbiter/error.hpp"

namespace arbiter::test {

namespace {

std::vector<TimePoint> on_line(const LinearTime& line) {
  std::vector<TimePoint> points;
  for (const std::int64_t hidden : {128, 1024, 8192}) {
    for (const std::int64_t tokens : {1, 16, 256}) {
      points.push_back({2 * hidden * tokens, tokens, line.at(2 * hidden * tokens, tokens)});
    }
  }
  return points;
}

double deviation(const std::vector<TimePoint>& points, const LinearTime& line) {
  double sum = 0.0;
  for (const TimePoint& p : points) sum += std::abs(line.at(p.bytes, p.tokens) / p.time_us - 1.0);
  return sum;
}

}  // namespace

TEST(LeastDeviations, FindALineThatIsThere) {
  const LinearTime line{5.0, 3e-6, 0.01};
  const DeviationFit fit = least_deviations(on_line(line));
  EXPECT_NEAR(fit.line.fixed, line.fixed, 1e-6);
  EXPECT_NEAR(fit.line.per_byte, line.per_byte, 1e-12);
  EXPECT_NEAR(fit.line.per_token, line.per_token, 1e-8);
  EXPECT_NEAR(fit.deviation, 0.0, 1e-9);
}

TEST(LeastDeviations, DoNotBendToAnOutlier) {
  const LinearTime line{5.0, 3e-6, 0.01};
  std::vector<TimePoint> points = on_line(line);
  points[4].time_us *= 3.0;
  const DeviationFit fit = least_deviations(points);
  EXPECT_NEAR(fit.line.fixed, line.fixed, 1e-6);
  EXPECT_NEAR(fit.line.per_byte, line.per_byte, 1e-12);
}

TEST(LeastDeviations, AreNotMoreThanThoseOfAnyLineNearby) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> noise(0.7, 1.4);
  for (int round = 0; round < 10; ++round) {
    std::vector<TimePoint> points = on_line({5.0, 3e-6, 0.01});
    for (TimePoint& point : points) point.time_us *= noise(random);
    const DeviationFit fit = least_deviations(points);
    EXPECT_NEAR(fit.deviation, deviation(points, fit.line), 1e-9);
    for (int trial = 0; trial < 200; ++trial) {
      const LinearTime other{fit.line.fixed * noise(random), fit.line.per_byte * noise(random),
                             fit.line.per_token * noise(random) + 1e-4 * (noise(random) - 0.7)};
      EXPECT_GE(deviation(points, other), fit.deviation - 1e-9);
    }
  }
}

TEST(LeastDeviations, HaveNoNegativeFactors) {
  const DeviationFit fit = least_deviations({{100, 1, 10.0}, {200, 2, 5.0}, {400, 4, 2.5}});
  EXPECT_GE(fit.line.fixed, 0.0);
  EXPECT_GE(fit.line.per_byte, 0.0);
  EXPECT_GE(fit.line.per_token, 0.0);
}

TEST(LeastDeviations, OfOnePointGoThroughItAndOfNoneAreAnError) {
  const DeviationFit fit = least_deviations({{4096, 4, 7.0}});
  EXPECT_NEAR(fit.line.at(4096, 4), 7.0, 1e-9);
  EXPECT_THROW(static_cast<void>(least_deviations({})), Error);
}

TEST(LeastDeviations, AreRelativeToEachTime) {
  // 1 us for each of two and 3 us for one: the line through the two misses the third by two thirds of it.
  const DeviationFit fit = least_deviations({{0, 0, 1.0}, {0, 0, 1.0}, {0, 0, 3.0}});
  EXPECT_NEAR(fit.line.fixed, 1.0, 1e-9);
  EXPECT_NEAR(fit.deviation, 2.0 / 3.0, 1e-9);
  EXPECT_EQ(fit.line.per_byte, 0.0);
  EXPECT_EQ(fit.line.per_token, 0.0);
}

}  // namespace arbiter::test
