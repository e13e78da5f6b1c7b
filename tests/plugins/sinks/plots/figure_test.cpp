// SPDX-License-Identifier: Apache-2.0
#include "figure.hpp"

#include <gmock/gmock.h>

namespace arbiter::plots {
namespace {

TEST(Labels, TimesTakeAtMostFourCharacters) {
  EXPECT_EQ(time_label(0.01), "<0.1");
  EXPECT_EQ(time_label(0.5), "0.5");
  EXPECT_EQ(time_label(2.271), "2.3");
  EXPECT_EQ(time_label(3.02), "3.0");
  EXPECT_EQ(time_label(9.949), "9.9");
  EXPECT_EQ(time_label(9.95), "10");
  EXPECT_EQ(time_label(12.3), "12");
  EXPECT_EQ(time_label(999.4), "999");
  EXPECT_EQ(time_label(999.6), "1.0k");
  EXPECT_EQ(time_label(1234.0), "1.2k");
  EXPECT_EQ(time_label(9960.0), "10k");
  EXPECT_EQ(time_label(123'456.0), "123k");
  EXPECT_EQ(time_label(999'600.0), "1.0M");
  EXPECT_EQ(time_label(2.5e7), "25M");
  for (double time = 0.001; time < 1e13; time *= 1.01) EXPECT_LE(time_label(time).size(), 4U) << time;
}

TEST(Labels, PercentagesHaveADecimalBelowTen) {
  EXPECT_EQ(percent_label(0.0), "0");
  EXPECT_EQ(percent_label(0.04), "0");
  EXPECT_EQ(percent_label(0.4), "0.4");
  EXPECT_EQ(percent_label(3.0), "3.0");
  EXPECT_EQ(percent_label(9.94), "9.9");
  EXPECT_EQ(percent_label(9.96), "10");
  EXPECT_EQ(percent_label(340.2), "340");
  EXPECT_EQ(percent_label(999.4), "999");
  EXPECT_EQ(percent_label(999.6), "1k");
  EXPECT_EQ(percent_label(5000.0), "5k");
  EXPECT_EQ(percent_label(1234.0), "1.2k");
  EXPECT_EQ(percent_label(-0.03), "0");
  EXPECT_EQ(percent_label(-0.3), "-0.3");
  EXPECT_EQ(percent_label(-12.0), "-12");
}

TEST(Labels, SharesDoNotRoundToNoneOrAll) {
  EXPECT_EQ(share_label(65, 105), "62 %");
  EXPECT_EQ(share_label(105, 105), "100 %");
  EXPECT_EQ(share_label(1, 500), "<1 %");
  EXPECT_EQ(share_label(499, 500), ">99 %");
}

}  // namespace
}  // namespace arbiter::plots
