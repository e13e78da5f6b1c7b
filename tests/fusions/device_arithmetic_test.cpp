// SPDX-License-Identifier: Apache-2.0
// The arithmetic of device epilogues, run on the host from the same headers.
#include "rms_norm/device_arithmetic.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "arbiter/host/number_formats.hpp"
#include "rms_norm/device_encoders.hpp"
#include "support/rows_special_values.hpp"

namespace arbiter {
namespace {

/// All signs, exponents and leading mantissa bits, each with ties and values next to them.
template <class Check>
void for_all_upper_halves(Check check) {
  for (std::uint32_t upper = 0; upper <= 0xffffU; ++upper) {
    for (const std::uint32_t lower : {0x0000U, 0x0001U, 0x7fffU, 0x8000U, 0x8001U, 0xffffU}) {
      check(std::bit_cast<float>(upper << 16 | lower));
    }
  }
}

TEST(DeviceEncoders, GiveTheHostsE4m3ForEveryKindOfValue) {
  for_all_upper_halves([](float value) {
    ASSERT_EQ(device::encode_e4m3(value), float_to_e4m3(value)) << value;
    ASSERT_EQ(device::to_e4m3(value, 1.0F), float_to_e4m3(value) | 0x3800U) << value;
    ASSERT_EQ(device::to_e4m3(1.0F, value), 0x38U | static_cast<unsigned>(float_to_e4m3(value)) << 8) << value;
  });
}

/// The code of the magnitude; 0 for NaN.
unsigned hosts_e2m1(float value) { return std::isnan(value) ? 0 : float_to_e2m1(std::fabs(value)); }

TEST(DeviceEncoders, GiveTheHostsE2m1ForEveryKindOfValue) {
  for_all_upper_halves([](float value) {
    const float eighth = device::saturated_product(std::fabs(value), 0.125F);
    const unsigned code = device::to_unclamped_e2m1(eighth) - device::e2m1_bias;
    ASSERT_EQ(std::min(code, 7U), hosts_e2m1(value)) << value;
    ASSERT_LE(code, 8U) << value;
  });
}

template <std::size_t count>
std::uint32_t hosts_e2m1_word(const float (&values)[count]) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= hosts_e2m1(values[i]) << (4 * i);
  return word;
}

TEST(DeviceEncoders, PackE2m1CodesTheFirstLowest) {
  const std::vector<float> values = test::hostile_floats(8000, 3);
  for (std::size_t first = 0; first < values.size(); first += 8) {
    float eight[8];
    float four[4];
    float eighth_of_eight[8];
    float eighth_of_four[4];
    for (std::size_t i = 0; i < 8; ++i) {
      eight[i] = values[first + i];
      four[i % 4] = 9.0F * std::sin(static_cast<float>(first * i));
      eighth_of_eight[i] = device::saturated_product(std::fabs(eight[i]), 0.125F);
      eighth_of_four[i % 4] = device::saturated_product(std::fabs(four[i % 4]), 0.125F);
    }
    ASSERT_EQ(device::to_e2m1_word(eighth_of_eight), hosts_e2m1_word(eight));
    ASSERT_EQ(device::to_e2m1_word(eighth_of_four), hosts_e2m1_word(four));
  }
}

TEST(DeviceEncoders, PutSignsAboveTheirCodes) {
  const float eight[8] = {1.0F, -1.0F, 0.0F, -0.0F, -2.0F, 3.0F, 4.0F, -5.0F};
  EXPECT_EQ(device::e2m1_signs(eight), 0x80088080U);
  const float four[4] = {-1.0F, 1.0F, 1.0F, -1.0F};
  EXPECT_EQ(device::e2m1_signs(four), 0x8008U);
}

TEST(DeviceEncoders, ScaleBlocksAsTheHostDoes) {
  for (const auto& [scalar, global] : {std::pair{1.0F, 350.0F}, {0.7F, 1.0F}, {3.1F, 0x1p-20F}, {0x1p-30F, 0x1p100F}}) {
    for_all_upper_halves([scalar = scalar, global = global](float value) {
      const float largest = std::fabs(value);
      const std::uint8_t code = float_to_e4m3(largest * (global * (1.0F / 6.0F) * scalar));
      ASSERT_EQ(device::block_scale(largest, scalar, global), code) << largest << " " << scalar << " " << global;
      float elements[4] = {value, -value / 3.0F, value * 0.9F, 0.0F};
      const std::uint32_t word = device::scaled_to_e2m1_word(elements, code, scalar, global);
      if (code == 0x7f) return;  // a block with a NaN
      const float factor = code == 0 ? 0.0F : scalar * global * (1.0F / e4m3_to_float(code));
      for (float& element : elements) element *= factor;
      ASSERT_EQ(word, hosts_e2m1_word(elements)) << value << " " << scalar << " " << global;
    });
  }
}

TEST(DeviceEncoders, RoundReciprocalsOfScalesOnce) {
  for (std::uint32_t code = 0x01; code < 0x7f; ++code) {
    ASSERT_EQ(device::eighth_of_reciprocal(code), 0.125F / e4m3_to_float(static_cast<std::uint8_t>(code))) << code;
  }
  EXPECT_TRUE(std::isnan(device::eighth_of_reciprocal(0)));
}

float in_double(float squares, double eps, std::int64_t count) {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(squares) / static_cast<double>(count) + eps));
}

float inverse_rms(float squares, double eps, std::int64_t count) {
  return device::inverse_rms(squares, static_cast<float>(1.0 / static_cast<double>(count)), static_cast<float>(eps));
}

TEST(InverseRms, IsWithinTwoUnitsOfDoublePrecision) {
  std::mt19937 random(7);
  std::uniform_int_distribution<std::uint32_t> any_positive(0, 0x7f7fffff);
  for (const double eps : {1e-5, 1e-6, 1e-30, 1.0, 0.1}) {
    for (const std::int64_t count : {1, 3, 33, 2880, 4096, 7168, 1000003}) {
      for (int i = 0; i < 20000; ++i) {
        const auto squares = std::bit_cast<float>(any_positive(random));
        const auto expected = device::bits_of(in_double(squares, eps, count));
        const auto actual = device::bits_of(inverse_rms(squares, eps, count));
        ASSERT_LE(actual - expected + 2U, 4U) << squares << " " << count << " " << eps;
      }
    }
  }
}

TEST(InverseRms, TakesSquaresThatAreNoNumbers) {
  EXPECT_EQ(inverse_rms(std::numeric_limits<float>::infinity(), 1e-5, 128), 0.0F);
  for (const std::uint32_t nan : {0x7fffffffU, 0xffffffffU, 0x7f800001U}) {
    EXPECT_TRUE(std::isnan(inverse_rms(std::bit_cast<float>(nan), 1e-5, 128)));
  }
}

}  // namespace
}  // namespace arbiter
