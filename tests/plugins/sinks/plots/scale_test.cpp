// SPDX-License-Identifier: Apache-2.0
#include "scale.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

namespace arbiter::plots {
namespace {

std::vector<std::string> labels_of(const ColorScale& scale) {
  std::vector<std::string> labels;
  for (const Tick& tick : scale.ticks) labels.push_back(tick.label);
  return labels;
}

TEST(TimeScale, TicksAreRoundNumbersAtEveryWidth) {
  EXPECT_THAT(labels_of(time_scale(2.5, 4000.0)),
              testing::ElementsAre("5", "10", "20", "50", "100", "200", "500", "1000", "2000"));
  EXPECT_THAT(labels_of(time_scale(1.0, 100'000.0)), testing::ElementsAre("1", "10", "100", "1000", "10000", "100000"));
  EXPECT_THAT(labels_of(time_scale(11.0, 68.0)), testing::ElementsAre("15", "20", "30", "50"));
  EXPECT_THAT(labels_of(time_scale(10.0, 14.0)), testing::ElementsAre("10", "11", "12", "13", "14"));
}

TEST(TimeScale, AnyRangeHasThreeToFifteenTicksWithinIt) {
  for (double low = 0.01; low < 1e6; low *= 1.37) {
    for (double ratio = 1.0; ratio < 1e7; ratio *= 1.09) {
      const ColorScale scale = time_scale(low, low * ratio);
      ASSERT_GE(scale.ticks.size(), 3U) << low << " x " << ratio;
      ASSERT_LE(scale.ticks.size(), 15U) << low << " x " << ratio;
      for (const Tick& tick : scale.ticks) {
        ASSERT_GE(tick.value, scale.low * 0.998) << low << " x " << ratio;
        ASSERT_LE(tick.value, scale.high * 1.002) << low << " x " << ratio;
      }
    }
  }
}

TEST(TimeScale, ColoursRunFromEndToEnd) {
  const ColorScale scale = time_scale(2.0, 2000.0);
  EXPECT_EQ(scale.color_of(2.0), time_gradient().front());
  EXPECT_EQ(scale.color_of(2000.0), time_gradient().back());
  EXPECT_EQ(scale.color_of(std::sqrt(2.0 * 2000.0)), time_gradient()[4]) << "the middle of a logarithmic scale";
}

TEST(LossScale, TenPerCentIsSeenBesideFiveThousand) {
  const ColorScale scale = overhead_scale("above fastest, %");
  EXPECT_EQ(scale.color_of(overhead_position(0.0)), white);
  EXPECT_EQ(scale.color_of(overhead_position(-5.0)), white);
  EXPECT_EQ(scale.color_of(overhead_position(5000.0)), scale.color_of(overhead_position(1000.0)));
  const Color ten = scale.color_of(overhead_position(10.0));
  EXPECT_LT(ten & 0xFFU, 0xC8U) << "clearly not white";
  EXPECT_LT(overhead_position(10.0) / overhead_position(1000.0), 0.3) << "and far from the end";
}

TEST(ChangeScale, HalfAndDoubleAreItsEndsAndInverseRatiosAreOpposite) {
  const ColorScale scale = change_scale();
  EXPECT_EQ(scale.color_of(change_position(1.0)), white);
  EXPECT_EQ(scale.color_of(change_position(2.0)), change_gradient().back());
  EXPECT_EQ(scale.color_of(change_position(7.0)), change_gradient().back());
  EXPECT_EQ(scale.color_of(change_position(0.5)), change_gradient().front());
  EXPECT_EQ(scale.color_of(change_position(0.1)), change_gradient().front());
  EXPECT_DOUBLE_EQ(change_position(1.25), -change_position(0.8));
  EXPECT_THAT(labels_of(scale),
              testing::ElementsAre("≤-50", "-30", "-20", "-10", "-5", "0", "+5", "+10", "+20", "+50", "≥+100"));
  for (std::size_t i = 1; i < scale.ticks.size(); ++i) EXPECT_GT(scale.ticks[i].value, scale.ticks[i - 1].value);
}

TEST(BandScale, FirstNameIsOnTop) {
  const ColorScale scale = band_scale({"A", "B", "C"}, {0x1, 0x2, 0x3});
  EXPECT_EQ(scale.color_of(2.0), 0x1U);
  EXPECT_EQ(scale.color_of(0.0), 0x3U);
  EXPECT_THAT(labels_of(scale), testing::ElementsAre("C", "B", "A"));
}

}  // namespace
}  // namespace arbiter::plots
