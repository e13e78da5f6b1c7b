#include "common/log_interpolation.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

/// 3 * hidden^0.5 * tokens^2, which is a plane in logarithms.
double power_law(std::int64_t hidden, std::int64_t tokens) {
  return 3.0 * std::sqrt(static_cast<double>(hidden)) * std::pow(static_cast<double>(tokens), 2.0);
}

Dataset measured_power_law() {
  Dataset data;
  for (const std::int64_t hidden : {128, 512, 1024}) {
    for (const std::int64_t tokens : {1, 4, 8}) {
      data.add(decision_row(cell_of(hidden, tokens), "A", power_law(hidden, tokens)));
    }
  }
  return data;
}

}  // namespace

TEST(InterpolatedTime, IsExactForPowerLawsBetweenAndBeyondTheLines) {
  const Dataset data = measured_power_law();
  const std::vector<CellBlock> blocks = cell_blocks(data, "x");
  for (const std::int64_t hidden : {64, 128, 200, 512, 700, 1024, 1536}) {
    for (const std::int64_t tokens : {1, 2, 3, 4, 7, 8, 16}) {
      const auto time = interpolated_time(blocks.front(), 0, hidden, tokens);
      ASSERT_TRUE(time);
      EXPECT_NEAR(*time / power_law(hidden, tokens), 1.0, 1e-9) << hidden << " x " << tokens;
    }
  }
}

TEST(InterpolatedTime, IsNothingWhereACellItNeedsHasNoTime) {
  Dataset data = measured_power_law();
  data.add(decision_row(cell_of(128, 1), "B", 1.0));
  data.add(decision_row(cell_of(128, 4), "B", 4.0));
  const std::vector<CellBlock> blocks = cell_blocks(data, "x");
  EXPECT_NEAR(interpolated_time(blocks.front(), 1, 128, 2).value_or(0.0), 2.0, 1e-9);
  EXPECT_FALSE(interpolated_time(blocks.front(), 1, 128, 5));
  EXPECT_FALSE(interpolated_time(blocks.front(), 1, 129, 2));
}

TEST(InterpolatedTime, OfOneCellIsItsTimeEverywhere) {
  Dataset data;
  data.add(decision_row(cell_of(128, 4), "A", 7.0));
  const std::vector<CellBlock> blocks = cell_blocks(data, "x");
  EXPECT_NEAR(interpolated_time(blocks.front(), 0, 4096, 1).value_or(0.0), 7.0, 1e-9);
}

}  // namespace arbiter::test
