// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "arbiter/tensor.hpp"

namespace arbiter {

/// Conversions between fp32 and the narrow formats, one value at a time; the vectorised kernels are tested against
/// them. Conversions to a narrow format round to nearest, ties to even, and keep subnormals and the sign of zero;
/// conversions to fp32 are exact. A NaN becomes the format's positive NaN of all ones, as in CUDA's conversions. All
/// thread-safe.

/// 1-8-7.
[[nodiscard]] constexpr float bfloat16_to_float(std::uint16_t code) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(code) << 16);
}
[[nodiscard]] constexpr std::uint16_t float_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t nearest = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
  return static_cast<std::uint16_t>((bits & 0x7fffffffU) > 0x7f800000U ? 0x7fffU : nearest);
}

/// 1-5-10, IEEE binary16.
[[nodiscard]] constexpr float float16_to_float(std::uint16_t code) {
  // The code's fields under an fp32 exponent, then scaled: a multiplication by a power of two is exact and turns
  // subnormal codes into normal numbers.
  const std::uint32_t fields = static_cast<std::uint32_t>(code & 0x7fffU) << 13;
  const auto finite = std::bit_cast<std::uint32_t>(std::bit_cast<float>(fields) * 0x1p112F);
  const std::uint32_t quiet = fields > 0x0f800000U ? 0x7fc00000U : 0x7f800000U;
  const std::uint32_t magnitude = fields >= 0x0f800000U ? finite | quiet : finite;
  return std::bit_cast<float>(magnitude | static_cast<std::uint32_t>(code & 0x8000U) << 16);
}
[[nodiscard]] constexpr std::uint16_t float_to_float16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  // Below 2^-14 the sum with 0.5 has the spacing of fp16 subnormals, so the addition does the rounding.
  const std::uint32_t tiny = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3f000000U;
  const std::uint32_t normal = (magnitude - 0x38000000U + 0xfffU + ((magnitude >> 13) & 1U)) >> 13;
  std::uint32_t code = magnitude < 0x38800000U ? tiny : normal;
  code = magnitude >= 0x47800000U ? 0x7c00U : code;
  code |= (bits >> 16) & 0x8000U;
  return static_cast<std::uint16_t>(magnitude > 0x7f800000U ? 0x7fffU : code);
}

inline constexpr float e4m3_largest = 448.0F;
inline constexpr float e2m1_largest = 6.0F;

/// 1-4-3 as in OCP E4M3FN: no infinity, NaN is 0x7f and 0xff.
[[nodiscard]] constexpr float e4m3_to_float(std::uint8_t code) {
  const std::uint32_t fields = static_cast<std::uint32_t>(code & 0x7fU) << 20;
  const std::uint32_t magnitude =
      (code & 0x7fU) == 0x7fU ? 0x7fc00000U : std::bit_cast<std::uint32_t>(std::bit_cast<float>(fields) * 0x1p120F);
  return std::bit_cast<float>(magnitude | static_cast<std::uint32_t>(code & 0x80U) << 24);
}
/// Saturates: magnitudes above 448, infinity too, become 448. NaN becomes 0x7f.
[[nodiscard]] constexpr std::uint8_t float_to_e4m3(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return 0x7f;
  const std::uint32_t tiny = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0x1p14F) - 0x46800000U;
  const std::uint32_t normal = (magnitude - 0x3c000000U + 0x7ffffU + ((magnitude >> 20) & 1U)) >> 20;
  const std::uint32_t code = magnitude < 0x3c800000U ? tiny : normal;
  return static_cast<std::uint8_t>((code < 0x7eU ? code : 0x7eU) | ((bits >> 24) & 0x80U));
}

/// 0-8-0, OCP E8M0: 2^(code - 127), and NaN for 0xff; neither zero nor a sign.
[[nodiscard]] constexpr float e8m0_to_float(std::uint8_t code) {
  constexpr std::uint32_t smallest = 0x00400000U;  // subnormal in fp32
  if (code == 0xffU) return std::bit_cast<float>(0x7fc00000U);
  return std::bit_cast<float>(code == 0 ? smallest : std::uint32_t{code} << 23U);
}

/// 1-2-1 in the low four bits: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives; no infinity, no NaN.
[[nodiscard]] constexpr float e2m1_to_float(std::uint8_t code) {
  const std::uint32_t fields = static_cast<std::uint32_t>(code & 0x7U) << 22;
  const auto magnitude = std::bit_cast<std::uint32_t>(std::bit_cast<float>(fields) * 0x1p126F);
  return std::bit_cast<float>(magnitude | static_cast<std::uint32_t>(code & 0x8U) << 28);
}
/// Saturates at 6. NaN becomes +6 (0x7), as in CUDA's cvt.rn.satfinite.e2m1x2.f32.
[[nodiscard]] constexpr std::uint8_t float_to_e2m1(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return 0x7;
  const std::uint32_t tiny = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0x1p22F) - 0x4a800000U;
  const std::uint32_t normal = (magnitude - 0x3f000000U + 0x1fffffU + ((magnitude >> 22) & 1U)) >> 22;
  const std::uint32_t code = magnitude < 0x3f800000U ? tiny : normal;
  return static_cast<std::uint8_t>((code < 0x7U ? code : 0x7U) | ((bits >> 28) & 0x8U));
}

/// The value of each code of a format with few of them, exactly: a table is read faster than a code is converted.
template <std::size_t Codes, class ToFloat>
[[nodiscard]] constexpr std::array<double, Codes> values_of_codes(ToFloat to_float) {
  std::array<double, Codes> values{};
  for (std::size_t code = 0; code < Codes; ++code) {
    values[code] = static_cast<double>(to_float(static_cast<std::uint8_t>(code)));
  }
  return values;
}

/// The values of a format, for references in double precision.
struct ValueGrid {
  int mantissa_bits = 23;
  double smallest_normal = 0x1p-126;  ///< below it values are `subnormal_spacing` apart
  double subnormal_spacing = 0x1p-149;
  double largest = 0x1.fffffep127;
  bool saturates = false;  ///< conversions of larger values, infinity too, give `largest`
};

/// The values of a dtype.
[[nodiscard]] constexpr ValueGrid grid_of(DType dtype) {
  switch (dtype) {
    case DType::bfloat16: return {7, 0x1p-126, 0x1p-133, 0x1.fep127, false};
    case DType::float16: return {10, 0x1p-14, 0x1p-24, 65504.0, false};
    case DType::float32: return {};
    case DType::float8_e4m3: return {3, 0x1p-6, 0x1p-9, 448.0, true};
    case DType::float4_e2m1x2: return {1, 1.0, 0.5, 6.0, true};
    case DType::float8_e8m0: return {0, 0x1p-127, 0x1p-127, 0x1p127, true};
  }
  return {};
}

// Without branches, so that loops over them are vectorised.

/// The distance between neighbouring values at `magnitude` >= 0; above the largest value, the distance there.
[[nodiscard]] inline double spacing_at(const ValueGrid& grid, double magnitude) {
  const double finite = magnitude < grid.largest ? magnitude : grid.largest;
  const std::uint64_t exponent = std::bit_cast<std::uint64_t>(finite) & 0x7ff0000000000000U;
  const auto shift = static_cast<std::uint64_t>(grid.mantissa_bits) << 52;
  const auto spacing = std::bit_cast<double>(exponent - shift);
  return magnitude < grid.smallest_normal ? grid.subnormal_spacing : spacing;
}

/// The nearest value of the grid, ties to even; above it infinity, or the largest value if the format saturates. NaN
/// stays NaN.
[[nodiscard]] inline double round_to(const ValueGrid& grid, double value) {
  const double magnitude = std::fabs(value);
  const double shifter = grid.subnormal_spacing * 0x1p52;
  const double subnormal = (magnitude + shifter) - shifter;
  const int dropped = 52 - grid.mantissa_bits;
  const auto bits = std::bit_cast<std::uint64_t>(magnitude);
  const std::uint64_t half_less_one = (std::uint64_t{1} << (dropped - 1)) - 1;
  const auto normal = std::bit_cast<double>((bits + half_less_one + ((bits >> dropped) & 1U)) >> dropped << dropped);
  const double above = grid.saturates ? grid.largest : std::numeric_limits<double>::infinity();
  double nearest = magnitude <= std::numeric_limits<double>::max() ? normal : magnitude;
  nearest = magnitude < grid.smallest_normal ? subnormal : nearest;
  nearest = nearest > grid.largest ? above : nearest;
  return std::copysign(nearest, value);
}

/// The error of `actual`, a value of the grid, against `expected`, as a share of the allowed error: `tolerance` plus
/// half the spacing at that magnitude. Up to 1 passes. Infinity if only one side is NaN, if `tolerance` is negative or
/// NaN, and if `actual` is an infinity that `expected` plus or minus `tolerance` does not round to.
[[nodiscard]] inline double error_share(const ValueGrid& grid, double actual, double expected, double tolerance) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  if (std::isnan(actual) || std::isnan(expected)) return std::isnan(actual) && std::isnan(expected) ? 0.0 : wrong;
  if (!(tolerance >= 0.0)) return wrong;
  const double reach = std::fabs(expected) + tolerance;
  if (reach > grid.largest) {
    if (!grid.saturates) {
      const double low = round_to(grid, expected - tolerance);
      const double high = round_to(grid, expected + tolerance);
      if (std::isinf(low) || std::isinf(high)) return actual >= low && actual <= high ? 0.0 : wrong;
    } else if (std::fabs(expected) > grid.largest) {
      expected = std::copysign(grid.largest, expected);
    }
  }
  return std::fabs(actual - expected) / (tolerance + 0.5 * spacing_at(grid, reach));
}

}  // namespace arbiter
