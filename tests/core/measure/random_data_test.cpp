// SPDX-License-Identifier: Apache-2.0
#include "measure/random_data.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "arbiter/host/row_kernels.hpp"

namespace arbiter {
namespace {

std::vector<float> as_floats(const RandomStream& stream, DType dtype, std::int64_t first, std::int64_t count) {
  std::vector<std::byte> stored(static_cast<std::size_t>(count * size_of(dtype)));
  random_elements(stream, dtype, first, count, stored.data());
  std::vector<float> values(static_cast<std::size_t>(count));
  row_kernels(dtype).load(stored.data(), values.data(), count);
  return values;
}

TEST(RandomData, AnyPartCanBeMadeAlone) {
  const RandomStream stream{1, 3};
  const auto whole = as_floats(stream, DType::bfloat16, 0, 5000);
  const auto part = as_floats(stream, DType::bfloat16, 1500, 2000);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 1500));
}

TEST(RandomData, RanksAndSeedsDiffer) {
  const auto base = as_floats({1, 0}, DType::float32, 0, 1000);
  EXPECT_NE(base, as_floats({1, 1}, DType::float32, 0, 1000));
  EXPECT_NE(base, as_floats({2, 0}, DType::float32, 0, 1000));
}

TEST(RandomData, FillsItsRangeEvenly) {
  const auto values = as_floats({1, 0, 0.5, 1.5}, DType::float32, 0, 100'000);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*low, 0.5F);
  EXPECT_LE(*high, 1.5F);
  double sum = 0.0;
  for (const float value : values) sum += value;
  EXPECT_NEAR(sum / 100'000.0, 1.0, 0.01);
}

TEST(RandomData, SumsAreOfTheStoredValues) {
  std::vector<double> sum(777, 1.0);
  std::vector<double> magnitude(777, 0.0);
  add_random_elements({4, 2}, DType::float16, 33, 777, sum.data(), magnitude.data());
  const auto values = as_floats({4, 2}, DType::float16, 33, 777);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(sum[i], 1.0 + static_cast<double>(values[i]));
    EXPECT_EQ(magnitude[i], std::abs(static_cast<double>(values[i])));
  }
}

}  // namespace
}  // namespace arbiter
