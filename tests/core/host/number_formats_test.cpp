// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/number_formats.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace arbiter {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// What a sign-less code means, from the format's definition: no bit tricks in common with the conversions.
double meaning_of(unsigned code, int mantissa_bits, int bias) {
  const unsigned fraction = code & ((1U << mantissa_bits) - 1);
  const int exponent = static_cast<int>(code >> mantissa_bits);
  if (exponent == 0) return std::ldexp(fraction, 1 - bias - mantissa_bits);
  return std::ldexp(fraction + (1U << mantissa_bits), exponent - bias - mantissa_bits);
}

struct Format {
  int mantissa_bits;
  int bias;
  unsigned largest;   ///< code of the largest finite value, without sign
  unsigned sign;      ///< the sign bit
  unsigned overflow;  ///< what values beyond the largest become
  unsigned (*encode)(float);
  float (*decode)(unsigned);
};

const Format bfloat16{7,
                      127,
                      0x7f7f,
                      0x8000,
                      0x7f80,
                      [](float v) -> unsigned { return float_to_bfloat16(v); },
                      [](unsigned c) { return bfloat16_to_float(static_cast<std::uint16_t>(c)); }};
const Format float16{10,
                     15,
                     0x7bff,
                     0x8000,
                     0x7c00,
                     [](float v) -> unsigned { return float_to_float16(v); },
                     [](unsigned c) { return float16_to_float(static_cast<std::uint16_t>(c)); }};
const Format e4m3{3,
                  7,
                  0x7e,
                  0x80,
                  0x7e,
                  [](float v) -> unsigned { return float_to_e4m3(v); },
                  [](unsigned c) { return e4m3_to_float(static_cast<std::uint8_t>(c)); }};
const Format e2m1{1,
                  1,
                  0x7,
                  0x8,
                  0x7,
                  [](float v) -> unsigned { return float_to_e2m1(v); },
                  [](unsigned c) { return e2m1_to_float(static_cast<std::uint8_t>(c)); }};

class NumberFormats : public testing::TestWithParam<const Format*> {};

TEST_P(NumberFormats, DecodeEveryFiniteCodeAndEncodeItBack) {
  const Format& format = *GetParam();
  for (unsigned code = 0; code <= format.largest; ++code) {
    const auto value = static_cast<float>(meaning_of(code, format.mantissa_bits, format.bias));
    ASSERT_EQ(format.decode(code), value) << code;
    ASSERT_EQ(format.decode(code | format.sign), -value) << code;
    ASSERT_EQ(std::signbit(format.decode(code | format.sign)), true) << code;
    ASSERT_EQ(format.encode(value), code);
    ASSERT_EQ(format.encode(-value), code | format.sign);
  }
}

TEST_P(NumberFormats, RoundEveryMidpointToTheEvenCodeAndItsNeighboursToTheNearerOne) {
  const Format& format = *GetParam();
  for (unsigned code = 0; code < format.largest; ++code) {
    const double low = meaning_of(code, format.mantissa_bits, format.bias);
    const double high = meaning_of(code + 1, format.mantissa_bits, format.bias);
    const auto middle = static_cast<float>((low + high) / 2);
    ASSERT_EQ(format.encode(middle), code % 2 == 0 ? code : code + 1) << middle;
    ASSERT_EQ(format.encode(-middle), (code % 2 == 0 ? code : code + 1) | format.sign) << middle;
    ASSERT_EQ(format.encode(std::nextafterf(middle, 0.0F)), code) << middle;
    ASSERT_EQ(format.encode(std::nextafterf(middle, infinity)), code + 1) << middle;
  }
}

TEST_P(NumberFormats, OverflowBeyondTheMidpointAboveTheLargestValue) {
  const Format& format = *GetParam();
  const double largest = meaning_of(format.largest, format.mantissa_bits, format.bias);
  const double below = meaning_of(format.largest - 1, format.mantissa_bits, format.bias);
  const auto limit = static_cast<float>(largest + (largest - below) / 2);
  EXPECT_EQ(format.encode(std::nextafterf(limit, 0.0F)), format.largest);
  EXPECT_EQ(format.encode(std::nextafterf(limit, infinity)), format.overflow);
  EXPECT_EQ(format.encode(infinity), format.overflow);
  EXPECT_EQ(format.encode(-infinity), format.overflow | format.sign);
  EXPECT_EQ(format.encode(std::numeric_limits<float>::max()), format.overflow);
}

INSTANTIATE_TEST_SUITE_P(All, NumberFormats, testing::Values(&bfloat16, &float16, &e4m3, &e2m1),
                         [](const auto& test) { return "Mantissa" + std::to_string(test.param->mantissa_bits); });

TEST(NumberFormatsNan, EveryFp32NanBecomesTheFormatsPositiveQuietNan) {
  for (const std::uint32_t bits : {0x7f800001U, 0x7fc00000U, 0x7fffffffU, 0xff800001U, 0xffc00000U, 0xffffffffU}) {
    const auto nan = std::bit_cast<float>(bits);
    EXPECT_EQ(float_to_bfloat16(nan), 0x7fff);
    EXPECT_EQ(float_to_float16(nan), 0x7fff);
    EXPECT_EQ(float_to_e4m3(nan), 0x7f);
    EXPECT_EQ(float_to_e2m1(nan), 0x7);
  }
}

TEST(NumberFormatsNan, EveryNanCodeDecodesToNan) {
  for (unsigned code = 0x7f81; code <= 0x7fff; ++code) {
    EXPECT_TRUE(std::isnan(bfloat16.decode(code)) && std::isnan(bfloat16.decode(code | 0x8000)));
  }
  for (unsigned code = 0x7c01; code <= 0x7fff; ++code) {
    EXPECT_TRUE(std::isnan(float16.decode(code)) && std::isnan(float16.decode(code | 0x8000)));
  }
  EXPECT_TRUE(std::isnan(e4m3_to_float(0x7f)) && std::isnan(e4m3_to_float(0xff)));
  EXPECT_EQ(bfloat16_to_float(0xff80), -infinity);
  EXPECT_EQ(float16_to_float(0xfc00), -infinity);
}

TEST(E8m0, HasAPowerOfTwoForEachCodeAndNan) {
  for (unsigned code = 0; code < 255; ++code) {
    EXPECT_EQ(e8m0_to_float(static_cast<std::uint8_t>(code)), std::ldexp(1.0F, static_cast<int>(code) - 127)) << code;
  }
  EXPECT_TRUE(std::isnan(e8m0_to_float(0xff)));
}

TEST(NumberFormatsConstexpr, WorkInConstantExpressions) {
  static_assert(float_to_bfloat16(1.0F) == 0x3f80 && bfloat16_to_float(0x3f80) == 1.0F);
  static_assert(float_to_float16(1.0F) == 0x3c00 && float16_to_float(0x3c00) == 1.0F);
  static_assert(float_to_e4m3(448.0F) == 0x7e && e4m3_to_float(0x7e) == 448.0F);
  static_assert(float_to_e2m1(6.0F) == 0x7 && e2m1_to_float(0x7) == 6.0F);
}

}  // namespace
}  // namespace arbiter
