// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/host/number_formats.hpp"

namespace arbiter {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double by_conversion(DType dtype, float value) {
  switch (dtype) {
    case DType::bfloat16: return bfloat16_to_float(float_to_bfloat16(value));
    case DType::float16: return float16_to_float(float_to_float16(value));
    case DType::float32: return value;
    case DType::float8_e4m3: return e4m3_to_float(float_to_e4m3(value));
    case DType::float4_e2m1x2: return e2m1_to_float(float_to_e2m1(value));
    case DType::float8_e8m0: break;  // scales are rounded up, not to nearest
  }
  return 0.0;
}

class Rounding : public testing::TestWithParam<DType> {};

TEST_P(Rounding, AgreesWithTheConversionsOnFp32Values) {
  const ValueGrid grid = grid_of(GetParam());
  std::mt19937 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isnan(value) || (grid.saturates && std::isinf(value))) continue;
    ASSERT_EQ(round_to(grid, value), by_conversion(GetParam(), value)) << value;
  }
  std::normal_distribution<float> normal(0.0F, 3.0F);
  for (int i = 0; i < 200'000; ++i) {
    const float value = normal(random);
    ASSERT_EQ(round_to(grid, value), by_conversion(GetParam(), value)) << value;
  }
}

TEST_P(Rounding, GivesTheDistanceBetweenNeighbours) {
  const ValueGrid grid = grid_of(GetParam());
  for (double start = grid.largest / 2; start > grid.subnormal_spacing; start /= 2) {
    const double value = round_to(grid, start);
    const double spacing = spacing_at(grid, value);
    ASSERT_EQ(round_to(grid, value + spacing), value + spacing) << value;
    ASSERT_EQ(round_to(grid, value + 0.51 * spacing), value + spacing) << value;
    ASSERT_EQ(round_to(grid, value + 0.49 * spacing), value) << value;
  }
  EXPECT_EQ(spacing_at(grid, 0.0), grid.subnormal_spacing);
  EXPECT_EQ(spacing_at(grid, infinity), spacing_at(grid, grid.largest));
}

TEST_P(Rounding, KeepsNanAndTheSignOfZero) {
  const ValueGrid grid = grid_of(GetParam());
  EXPECT_TRUE(std::isnan(round_to(grid, std::nan(""))));
  EXPECT_TRUE(std::signbit(round_to(grid, -0.0)));
  EXPECT_EQ(round_to(grid, -infinity), grid.saturates ? -grid.largest : -infinity);
}

INSTANTIATE_TEST_SUITE_P(All, Rounding,
                         testing::Values(DType::bfloat16, DType::float16, DType::float32, DType::float8_e4m3,
                                         DType::float4_e2m1x2),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST(ErrorShare, IsOneAtTheEdgeOfWhatIsAllowed) {
  const ValueGrid grid = grid_of(DType::bfloat16);
  EXPECT_EQ(error_share(grid, 1.0, 1.0, 0.0), 0.0);
  EXPECT_EQ(error_share(grid, 1.0, 1.0 + 0x1p-8, 0.0), 1.0);
  EXPECT_EQ(error_share(grid, 1.0, 1.0 + 0x1p-7, 0.0), 2.0);
  EXPECT_EQ(error_share(grid, 1.0, 1.0 + 0x1p-7, 0x1p-8), 1.0);
}

TEST(ErrorShare, MatchesNanWithNanOnly) {
  const ValueGrid grid = grid_of(DType::float16);
  EXPECT_EQ(error_share(grid, std::nan(""), std::nan(""), 0.0), 0.0);
  EXPECT_EQ(error_share(grid, std::nan(""), 1.0, 0.0), infinity);
  EXPECT_EQ(error_share(grid, 1.0, std::nan(""), 0.0), infinity);
  EXPECT_EQ(error_share(grid, 1.0, 1.0, std::nan("")), infinity);
}

TEST(ErrorShare, AcceptsInfinityOnlyWhereRoundingMayOverflow) {
  const ValueGrid grid = grid_of(DType::float16);
  EXPECT_EQ(error_share(grid, infinity, 1e6, 0.0), 0.0);
  EXPECT_EQ(error_share(grid, -infinity, 1e6, 0.0), infinity);
  EXPECT_EQ(error_share(grid, 65504.0, 1e6, 0.0), infinity);
  EXPECT_EQ(error_share(grid, infinity, 65510.0, 0.0), infinity);
  EXPECT_EQ(error_share(grid, infinity, 65510.0, 20.0), 0.0);
  EXPECT_EQ(error_share(grid, 65504.0, 65510.0, 20.0), 0.0);
  EXPECT_EQ(error_share(grid, infinity, infinity, 0.0), 0.0);
  EXPECT_EQ(error_share(grid, 1.0, infinity, 0.0), infinity);
}

TEST(ErrorShare, HoldsSaturatedValuesAgainstTheLargest) {
  const ValueGrid grid = grid_of(DType::float8_e4m3);
  EXPECT_EQ(error_share(grid, 448.0, 1e6, 0.0), 0.0);
  EXPECT_EQ(error_share(grid, 448.0, infinity, 0.0), 0.0);
  EXPECT_GT(error_share(grid, 416.0, 1e6, 0.0), 1.0);
  EXPECT_GT(error_share(grid, -448.0, 1e6, 0.0), 1.0);
}

TEST(CheckValues, FindsTheOneWrongElement) {
  const std::uint16_t tensor[] = {0x3f80, 0x4000, 0x4040, 0x4080};
  const double value[] = {2.0, 3.0};
  const double tolerance[] = {0.0, 0.0};
  EXPECT_EQ(check_values(DType::bfloat16, tensor, 1, value, tolerance), 0.0);
  EXPECT_GT(check_values(DType::bfloat16, tensor, 0, value, tolerance), 1.0);
}

TEST_P(Rounding, ValuesAreCheckedInARowAsOneByOne) {
  const ValueGrid grid = grid_of(GetParam());
  const double special[] = {0.0,      -0.0,      grid.largest, -grid.largest, 2.0 * grid.largest,
                            infinity, -infinity, std::nan(""), 0x1p-160,      grid.smallest_normal};
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(-3.0, 3.0);
  // Rows with and without special values, of lengths that no vector divides.
  for (const int share_of_special : {0, 7}) {
    for (const std::size_t length : {std::size_t{1}, std::size_t{7}, std::size_t{256}, std::size_t{1001}}) {
      std::vector<double> actual(length);
      std::vector<double> value(length);
      std::vector<double> tolerance(length);
      double worst = 0.0;
      for (std::size_t i = 0; i < length; ++i) {
        const bool is_special = share_of_special != 0 && random() % 100 < static_cast<unsigned>(share_of_special);
        value[i] = is_special ? special[random() % std::size(special)] : uniform(random);
        actual[i] = round_to(grid, value[i]);
        if (random() % 50 == 0) actual[i] = round_to(grid, value[i] + 0.1 * uniform(random));
        tolerance[i] = random() % 3 == 0 ? 0.0 : 1e-3;
        worst = std::max(worst, error_share(grid, actual[i], value[i], tolerance[i]));
      }
      EXPECT_EQ(check_values(grid, actual, value, tolerance), worst) << length << " values";
    }
  }
}

TEST(LoadValues, RefusesPackedValues) {
  double values[2];
  EXPECT_THROW(load_values(DType::float4_e2m1x2, values, 0, values), Error);
}

}  // namespace
}  // namespace arbiter
