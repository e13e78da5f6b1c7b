// SPDX-License-Identifier: Apache-2.0
#include "cost_model/time_curve.hpp"

#include <limits>

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
              ::testing::MatchesRegex("5.00 us to 90 KiB, then 20.00 us \\+ 10.5/MiB"));
}

TEST(TimeCurve, OfOnePointIsItsTimeAndOfNoneAnError) {
  EXPECT_NEAR(fit_time_curve({{4096, 4, 7.0}}, 4).at(4096, 4), 7.0, 1e-9);
  EXPECT_THROW(static_cast<void>(fit_time_curve({}, 4)), Error);
}

}  // namespace arbiter::test
