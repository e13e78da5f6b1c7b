#pragma once

#include <bit>
#include <cstdint>

namespace arbiter {

/// Conversions between fp32 and the narrow formats, one value at a time: what the vectorised kernels are held against,
/// and enough for a fusion of one's own. All round to nearest, ties to even, keep subnormals and the sign of zero, and
/// are exact on the way to fp32. A NaN becomes the format's positive NaN of all ones, as in CUDA's conversions.

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
/// Saturates: what is beyond 448, infinity too, becomes 448 of its sign. NaN becomes 0x7f.
[[nodiscard]] constexpr std::uint8_t float_to_e4m3(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return 0x7f;
  const std::uint32_t tiny = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0x1p14F) - 0x46800000U;
  const std::uint32_t normal = (magnitude - 0x3c000000U + 0x7ffffU + ((magnitude >> 20) & 1U)) >> 20;
  const std::uint32_t code = magnitude < 0x3c800000U ? tiny : normal;
  return static_cast<std::uint8_t>((code < 0x7eU ? code : 0x7eU) | ((bits >> 24) & 0x80U));
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

}  // namespace arbiter
