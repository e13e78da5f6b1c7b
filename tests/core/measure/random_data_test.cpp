// SPDX-License-Identifier: Apache-2.0
#include "measure/random_data.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <tuple>
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
  EXPECT_TRUE(0.5F <= *low && *low < 0.501F) << *low;
  EXPECT_TRUE(1.499F < *high && *high <= 1.5F) << *high;
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

TEST(RandomData, IsThatOfEarlierVersions) {
  // Computed with another implementation of SplitMix64's finaliser.
  EXPECT_EQ(as_floats({0, 0}, DType::float32, 0, 2), (std::vector<float>{-0x1.c6a7ap-4F, -0x1.f3f278p-2F}));
  EXPECT_EQ(as_floats({7, 3}, DType::float32, 0, 1).front(), 0x1.cf57ep-1F);
  EXPECT_EQ(as_floats({7, 3}, DType::float32, 0, 2000)[1025], 0x1.4493p-3F);
  EXPECT_EQ(as_floats({1, 2, 0.5, 1.5}, DType::float32, 5, 1).front(), 0x1.571df2p+0F);
}

std::vector<float> message(const TestData& data, const Problem& problem, int rank, std::int64_t first,
                           std::int64_t count) {
  std::vector<std::byte> stored(static_cast<std::size_t>(count * size_of(problem.dtype)));
  message_elements(data, problem, rank, first, count, stored.data());
  std::vector<float> values(static_cast<std::size_t>(count));
  row_kernels(problem.dtype).load(stored.data(), values.data(), count);
  return values;
}

/// What the values of all ranks in one element are; "?" if they are none of the documented specials.
std::string special_of(const std::vector<float>& ranks, float spacing, float largest) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const auto all_but_one = [&](const auto& one, const auto& others) {
    return std::ranges::count_if(ranks, one) == 1 && std::ranges::count_if(ranks, others) + 1 == std::ssize(ranks);
  };
  const auto is = [](float value) {
    return [value](float other) { return value == other && std::signbit(value) == std::signbit(other); };
  };
  if (std::ranges::all_of(ranks, is(-0.0F))) return "negative zeros";
  if (all_but_one(is(-0.0F), is(0.0F))) return "zeros";
  if (all_but_one([](float value) { return std::isnan(value); }, is(1.0F))) return "nan";
  if (all_but_one(is(infinity), is(-1.0F))) return "infinity";
  if (all_but_one(is(-infinity), is(1.0F))) return "-infinity";
  if (all_but_one(is(largest), is(0.0F))) return "largest";
  if (all_but_one(is(-largest), is(0.0F))) return "-largest";
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    std::vector<float> both(ranks.size(), 0.5F);
    both[rank] = infinity;
    both[(rank + 1) % ranks.size()] = -infinity;
    if (ranks == both) return "both infinities";
  }
  for (const float sign : {1.0F, -1.0F}) {
    bool subnormals = true;
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
      subnormals = subnormals && ranks[rank] == sign * spacing * static_cast<float>(rank + 1);
    }
    if (subnormals) return sign > 0.0F ? "subnormals" : "-subnormals";
  }
  return "?";
}

TEST(RandomData, OneElementInFourIsASpecialValueOnAllRanks) {
  constexpr std::int64_t count = 20'000;
  for (const auto& [dtype, spacing, largest] : {std::tuple{DType::bfloat16, 0x1p-133F, 0x1.fep127F},
                                                {DType::float16, 0x1p-24F, 65504.0F},
                                                {DType::float32, 0x1p-149F, 0x1.fffffep127F}}) {
    const Problem problem{3, dtype, "NONE", 100, 200};
    std::vector<std::vector<float>> plain;
    std::vector<std::vector<float>> special;
    for (int rank = 0; rank < 3; ++rank) {
      plain.push_back(message({5, false}, problem, rank, 0, count));
      special.push_back(message({5, true}, problem, rank, 0, count));
    }
    std::map<std::string, int> found;
    std::map<int, int> nan_ranks;
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<float> ranks{special[0][i], special[1][i], special[2][i]};
      if (ranks == std::vector<float>{plain[0][i], plain[1][i], plain[2][i]}) continue;
      const auto kind = special_of(ranks, spacing, largest);
      ++found[kind];
      if (kind == "nan") ++nan_ranks[std::isnan(ranks[0]) ? 0 : std::isnan(ranks[1]) ? 1 : 2];
    }
    EXPECT_FALSE(found.contains("?")) << found["?"];
    int all = 0;
    for (const auto& [kind, times] : found) {
      all += times;
      const bool signs = kind.find("infinity") != std::string::npos || kind.find("largest") != std::string::npos ||
                         kind.find("subnormals") != std::string::npos;
      EXPECT_NEAR(times, signs ? 357 : 714, 100) << kind;  // 20000 / 4 / 7
    }
    EXPECT_EQ(found.size(), 10U);
    EXPECT_NEAR(all, count / 4.0, 300);
    for (int rank = 0; rank < 3; ++rank) EXPECT_NEAR(nan_ranks[rank], 238, 80) << "each rank at times";
  }
}

TEST(RandomData, AnyPartOfASpecialMessageCanBeMadeAlone) {
  const Problem problem{2, DType::float16, "NONE", 100, 50};
  const auto stored = [&](std::uint64_t seed, std::int64_t first, std::int64_t count) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(2 * count));
    message_elements({seed, true}, problem, 1, first, count, bytes.data());
    return bytes;
  };
  const auto whole = stored(5, 0, 5000);
  const auto part = stored(5, 1500, 2000);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 3000));
  EXPECT_NE(part, stored(6, 1500, 2000));
}

TEST(RandomData, SumsOfSpecialMessagesAreOfTheStoredValuesAndMagnitudesOfTheFiniteOnes) {
  const Problem problem{2, DType::float16, "NONE", 100, 50};
  for (const bool special : {false, true}) {
    const TestData data{5, special};
    std::vector<double> sum(3000, 1.0);
    std::vector<double> magnitude(3000, 2.0);
    add_message_elements(data, problem, 1, 1500, 3000, sum.data(), magnitude.data());
    const auto values = message(data, problem, 1, 1500, 3000);
    int infinite = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double value = values[i];
      EXPECT_EQ(std::isnan(sum[i]), std::isnan(value)) << i;
      EXPECT_TRUE(std::isnan(value) || sum[i] == 1.0 + value) << i;
      EXPECT_EQ(magnitude[i], 2.0 + (std::isfinite(value) ? std::abs(value) : 0.0)) << i;
      if (!std::isfinite(value)) ++infinite;
    }
    EXPECT_EQ(infinite > 0, special);
  }
}

}  // namespace
}  // namespace arbiter
