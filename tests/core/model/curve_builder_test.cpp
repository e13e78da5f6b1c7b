// SPDX-License-Identifier: Apache-2.0
#include "model/curve_builder.hpp"

#include <gtest/gtest.h>

namespace arbiter::test {

TEST(CurveBuilder, SortsTheSizesOfEachCurve) {
  ByteCurve one;
  one.name = "NCCL";
  one.tp_size = 2;
  one.dtype = "float16";
  one.file = "folder/out.txt";
  ByteCurve other = one;
  other.tp_size = 4;
  CurveBuilder builder;
  builder.add(one, {64, 3.0});
  builder.add(other, {8, 4.0});
  builder.add(one, {8, 2.0});
  const auto curves = builder.curves();
  ASSERT_EQ(curves.size(), 2U);
  ASSERT_EQ(curves[0].points.size(), 2U);
  EXPECT_EQ(curves[0].points[0].bytes, 8);
  EXPECT_EQ(curves[1].tp_size, 4);
  EXPECT_EQ(to_string(curves[0]), "NCCL, tp 2, float16, NONE, 2 sizes from 8 to 64 bytes (out.txt)");
  EXPECT_EQ(to_string(ByteCurve{}), ", an unknown tp, an unknown dtype, NONE, no sizes ()");
}

TEST(CurveBuilder, HasTheMedianOfASizeThatWasMeasuredSeveralTimes) {
  CurveBuilder builder;
  for (const double time : {9.0, 1.0, 5.0, 7.0}) builder.add({}, {8, time});
  const auto curves = builder.curves();
  ASSERT_EQ(curves.at(0).points.size(), 1U);
  EXPECT_EQ(curves[0].points[0].time_us, 5.0);
}

}  // namespace arbiter::test
