// SPDX-License-Identifier: Apache-2.0
#include "cost_model/time_curve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"

namespace arbiter::test {

namespace {

/// 5 us up to 64 KiB, from there 20 us and 1 us per 100,000 bytes.
double two_regimes(std::int64_t bytes) { return bytes <= 65536 ? 5.0 : 20.0 + 1e-5 * static_cast<double>(bytes); }

std::vector<TimePoint> points_of(double (*time)(std::int64_t)) {
  std::vector<TimePoint> points;
  for (std::int64_t hidden = 128; hidden <= 8192; hidden *= 2) {
    for (std::int64_t tokens = 1; tokens <= 4096; tokens *= 4) {
      points.push_back({2 * hidden * tokens, tokens, time(2 * hidden * tokens)});
    }
  }
  return points;
}

}  // namespace

TEST(TimeCurve, FindsTheBorderBetweenTwoRegimes) {
  const TimeCurve curve = fit_time_curve(points_of(two_regimes), 4);
  ASSERT_EQ(curve.regimes.size(), 2U);
  EXPECT_GE(curve.regimes[0].last_byte, 65536);
  EXPECT_LT(curve.regimes[0].last_byte, 131072);
  EXPECT_EQ(curve.regimes[1].last_byte, std::numeric_limits<std::int64_t>::max());
  EXPECT_NEAR(curve.at(3000, 7), 5.0, 1e-6);
  EXPECT_NEAR(curve.at(3'000'000, 7), 50.0, 1e-4);
  EXPECT_NEAR(curve.at(300'000'000, 7), 3020.0, 1e-2);
}

TEST(TimeCurve, HasOneRegimeWhereOneIsEnoughOrAllThatIsAllowed) {
  const TimeCurve line =
      fit_time_curve(points_of([](std::int64_t bytes) { return 5.0 + 1e-5 * static_cast<double>(bytes); }), 4);
  EXPECT_EQ(line.regimes.size(), 1U);
  EXPECT_EQ(line.text(), "5.00 us + 10.5/MiB");
  EXPECT_EQ(fit_time_curve(points_of(two_regimes), 1).regimes.size(), 1U);
}

TEST(TimeCurve, SaysItsRegimes) {
  EXPECT_THAT(fit_time_curve(points_of(two_regimes), 4).text(),
              ::testing::MatchesRegex("5.00 us to 64 KiB, then 20.00 us \\+ 10.5/MiB"));
}

TEST(TimeCurve, OfOnePointIsItsTimeAndOfNoneAnError) {
  EXPECT_NEAR(fit_time_curve({{4096, 4, 7.0}}, 4).at(4096, 4), 7.0, 1e-9);
  EXPECT_THROW(static_cast<void>(fit_time_curve({}, 4)), Error);
}

TEST(TimeCurve, ARegimeEndsWithItsLastByteAndTheLastOneNever) {
  const TimeCurve curve{{{1000, 900, {1.0, 0.0, 0.5}}, {2000, 1900, {2.0, 0.25, 0.0}}}};
  EXPECT_EQ(curve.at(1000, 4), 3.0);
  EXPECT_EQ(curve.at(1001, 4), 2.0 + 0.25 * 1001);
  EXPECT_EQ(curve.at(2000, 4), 502.0);
  EXPECT_EQ(curve.at(2004, 4), 503.0);
}

TEST(TimeCurve, SaysTheLastMeasuredSizeOfARegime) {
  const TimeCurve curve{{{92681, 65536, {1.0, 0.0, 0.5}}, {200'000, 131072, {2.0, 0.0, 0.0}}}};
  EXPECT_EQ(curve.text(), "1.00 us + 0.5/token to 64 KiB, then 2.00 us");
}

TEST(TimeCurve, ARegimeEndsInTheMiddleOfTwoSizesInLogarithms) {
  EXPECT_EQ(fit_time_curve(points_of(two_regimes), 4).regimes[0].last_byte, 92'681);  // sqrt(65536 * 131072)
}

/// So many points of each size, which doubles; 5 us for the first `cheap` sizes and 50 us for the others.
std::size_t regimes_of(const std::vector<int>& counts, std::size_t cheap, double expensive = 50.0) {
  std::vector<TimePoint> points;
  for (std::size_t size = 0; size < counts.size(); ++size) {
    for (int i = 0; i < counts[size]; ++i)
      points.push_back({std::int64_t{1024} << size, 1, size < cheap ? 5.0 : expensive});
  }
  return fit_time_curve(points, 4).regimes.size();
}

TEST(TimeCurve, ARegimeHasTwoSizesAndSixPointsAtLeast) {
  EXPECT_EQ(regimes_of({3, 3, 3, 3}, 2), 2U);
  EXPECT_EQ(regimes_of({3, 2, 3, 3}, 2), 1U) << "five points";
  EXPECT_EQ(regimes_of({3, 3, 3, 2}, 2), 1U);
  EXPECT_EQ(regimes_of({6, 3, 3}, 1), 1U) << "one size";
  EXPECT_EQ(regimes_of({3, 3, 6}, 2), 1U);
  EXPECT_EQ(regimes_of({1, 5, 5, 1}, 2), 2U);
}

TEST(TimeCurve, OneRegimeIsEnoughWhereItIsOffByHalfAPercent) {
  EXPECT_EQ(regimes_of({6, 6, 6, 6}, 2, 5.01), 1U);
  EXPECT_EQ(regimes_of({6, 6, 6, 6}, 2, 5.2), 2U);
}

TEST(TimeCurve, AnotherRegimeTakesAwayATenthOfTheDeviation) {
  // Noise of 20 % that no regime explains, and a step; the total deviation of one and of two regimes is known.
  const auto regimes = [](double step) {
    std::vector<TimePoint> points;
    for (int size = 0; size < 8; ++size) {
      for (int i = 0; i < 10; ++i) {
        const double level = size < 4 ? 100.0 : 100.0 * step;
        points.push_back({std::int64_t{1024} << size, 1, i % 5 == 0 ? 1.25 * level : level});
      }
    }
    return fit_time_curve(points, 2).regimes.size();
  };
  EXPECT_EQ(regimes(1.0), 1U);
  EXPECT_EQ(regimes(0.9), 2U);
}

TEST(TimeCurve, TakesSizesInAnyOrder) {
  auto points = points_of(two_regimes);
  std::reverse(points.begin(), points.end());
  EXPECT_EQ(fit_time_curve(points, 4).text(), fit_time_curve(points_of(two_regimes), 4).text());
}

TEST(TimeCurve, OfManyPointsIsFittedToSomeOfThem) {
  std::vector<TimePoint> points;
  points.reserve(20000);
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t bytes = std::llround(256.0 * std::exp2(i / 1000.0));
    points.push_back({bytes, 1, two_regimes(bytes)});
  }
  const TimeCurve curve = fit_time_curve(std::move(points), 4);
  EXPECT_NEAR(curve.at(3000, 7), 5.0, 0.1);
  EXPECT_NEAR(curve.at(1'000'000, 7), 30.0, 0.3);
}

}  // namespace arbiter::test
