// What device epilogues compute with, on the host: the headers are the same.
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "arbiter/number_formats.hpp"
#include "rms_norm_rows/device_encoders.hpp"
#include "rms_norm_rows/inverse_rms.hpp"
#include "support/rows_hostile.hpp"

namespace arbiter {
namespace {

/// Every sign, exponent and leading mantissa, with what makes ties, and values on either side of them.
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

TEST(DeviceEncoders, ReadEveryE4m3CodeAsTheHostDoes) {
  for (unsigned code = 0; code < 256; ++code) {
    ASSERT_EQ(device::bits_of(device::from_e4m3(code)),
              std::bit_cast<std::uint32_t>(e4m3_to_float(static_cast<std::uint8_t>(code))))
        << code;
  }
}

TEST(DeviceEncoders, GiveTheHostsE2m1ForEveryKindOfValue) {
  for_all_upper_halves([](float value) {
    ASSERT_EQ(device::to_e2m1(value), 0x4b000000U | static_cast<unsigned>(float_to_e2m1(value))) << value;
  });
}

TEST(DeviceEncoders, PackE2m1CodesTheFirstLowest) {
  const std::vector<float> values = test::hostile_floats(8000, 3);
  for (std::size_t first = 0; first < values.size(); first += 8) {
    float eight[8];
    float four[4];
    std::uint32_t expected = 0;
    for (unsigned i = 0; i < 8; ++i) {
      eight[i] = values[first + i];
      expected |= static_cast<std::uint32_t>(float_to_e2m1(eight[i])) << (4 * i);
      if (i < 4) four[i] = eight[i];
    }
    ASSERT_EQ(device::to_e2m1_word(eight), expected);
    ASSERT_EQ(device::to_e2m1_word(four) & 0xffffU, expected & 0xffffU);
  }
}

TEST(DeviceEncoders, ScaleBlocksAsTheHostDoes) {
  for (const float global : {350.0F, 1.0F, 0x1p-20F, 0x1p100F}) {
    for_all_upper_halves([global](float value) {
      const float largest = std::fabs(value);
      const std::uint8_t code = float_to_e4m3(largest * (1.0F / 6.0F) * global);
      const device::BlockScale scale = device::block_scale(largest, global);
      ASSERT_EQ(scale.code, code) << largest << " " << global;
      ASSERT_EQ(scale.used, code == 0 ? 0U : 0xffffffffU);
      const float factor = code == 0 ? 0.0F : global / e4m3_to_float(code);
      ASSERT_TRUE(scale.factor == factor || (std::isnan(scale.factor) && std::isnan(factor))) << largest;
    });
  }
}

float in_double(float squares, double eps, std::int64_t count) {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(squares) / static_cast<double>(count) + eps));
}

TEST(InverseRms, IsWhatDoublePrecisionRoundsTo) {
  std::mt19937 random(7);
  std::uniform_int_distribution<std::uint32_t> any_positive(0, 0x7f7fffff);
  int tried = 0;
  int others = 0;
  for (const double eps : {1e-5, 1e-6, 1e-30, 1.0, 0.1}) {
    for (const std::int64_t count : {1, 3, 33, 2880, 4096, 7168, 1000003}) {
      const auto constants = device::InverseRms::of(eps, count);
      for (int i = 0; i < 20000; ++i, ++tried) {
        const auto squares = std::bit_cast<float>(any_positive(random));
        const float expected = in_double(squares, eps, count);
        const float actual = device::inverse_rms(squares, constants);
        if (actual == expected) continue;
        ++others;  // double precision itself rounds twice, and a pair of floats has fewer digits
        ASSERT_TRUE(actual == std::nextafter(expected, 0.0F) || actual == std::nextafter(expected, HUGE_VALF))
            << squares << " " << count << " " << eps << ": " << actual << ", not " << expected;
      }
    }
  }
  EXPECT_LE(others, tried / 100000);
}

TEST(InverseRms, TakesSquaresThatAreNoNumbers) {
  const auto constants = device::InverseRms::of(1e-5, 128);
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(device::inverse_rms(infinity, constants), 0.0F);
  for (const std::uint32_t nan : {0x7fffffffU, 0xffffffffU, 0x7f800001U}) {
    EXPECT_EQ(device::bits_of(device::inverse_rms(std::bit_cast<float>(nan), constants)), 0x7fc00000U);
  }
  EXPECT_EQ(device::inverse_rms(0.0F, constants), in_double(0.0F, 1e-5, 128));
}

/// The hardware's approximation is off by two units at most.
TEST(InverseRms, DoesNotDependOnTheRootItStartsFrom) {
  std::mt19937 random(11);
  std::uniform_int_distribution<std::uint32_t> positive(0x0d800000, 0x7f7fffff);  // from 1e-30, the least eps
  int others = 0;
  for (int i = 0; i < 100000; ++i) {
    const auto x = std::bit_cast<float>(positive(random));
    const auto expected = static_cast<float>(1.0 / std::sqrt(static_cast<double>(x)));
    for (int off = -2; off <= 2; ++off) {
      const auto start = std::bit_cast<float>(std::bit_cast<std::uint32_t>(expected) + static_cast<unsigned>(off));
      if (device::refined_inverse_root(x, 0.0F, start) != expected) ++others;
    }
  }
  EXPECT_LE(others, 10);
}

}  // namespace
}  // namespace arbiter
