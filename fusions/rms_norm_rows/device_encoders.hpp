#pragma once

/// e4m3 and e2m1 on devices: the bits of arbiter/number_formats.hpp, which says what is rounded how, for host and
/// device compilers.

#include <cstddef>

#include "rms_norm_rows/device_arithmetic.hpp"

namespace arbiter::device {

/// One e4m3 code in the low byte, in ordinary arithmetic.
ARBITER_HOST_DEVICE std::uint32_t encode_e4m3(float value) {
  const std::uint32_t bits = bits_of(value);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  // The sum with 2^14 has the spacing of e4m3 subnormals, so the addition does their rounding.
  const std::uint32_t tiny = bits_of(sum(float_of(magnitude), 0x1p14F)) - 0x46800000U;
  const std::uint32_t normal = (magnitude - 0x3c000000U + 0x7ffffU + ((magnitude >> 20) & 1U)) >> 20;
  const std::uint32_t nearest = magnitude < 0x3c800000U ? tiny : normal;
  const std::uint32_t code = (nearest < 0x7eU ? nearest : 0x7eU) | ((bits >> 24) & 0x80U);
  return magnitude > 0x7f800000U ? 0x7fU : code;
}

/// Two codes, the first in the low byte.
ARBITER_HOST_DEVICE std::uint32_t to_e4m3(float first, float second) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
  std::uint16_t codes;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(codes) : "f"(second), "f"(first));
  return codes;
#else
  return encode_e4m3(first) | encode_e4m3(second) << 8;
#endif
}

ARBITER_HOST_DEVICE float from_e4m3(std::uint32_t code) {
  const std::uint32_t magnitude = code & 0x7fU;
  const std::uint32_t finite = bits_of(product(float_of(magnitude << 20), 0x1p120F));
  return float_of((magnitude == 0x7fU ? 0x7fc00000U : finite) | (code & 0x80U) << 24);
}

inline constexpr std::uint32_t e2m1_bias = 0x4b000000U;  ///< the bits of 2^23

/// The e2m1 code of the magnitude of a value below 7, and e2m1_bias.
/// Twice a magnitude, the magnitude + 2 and half of it + 4, each rounded to a whole number, are its code below 2, in
/// 2..4 and above 4; each is the least of the three where it is the code, and odd where the code is. So rounded are the
/// last bits of its sums with 2^22, 2^23 + 2 and 2^24 + 8.
ARBITER_HOST_DEVICE std::uint32_t to_small_e2m1(float value) {
  const std::uint32_t low = bits_of(sum(magnitude(value), 0x1p22F));
  const std::uint32_t middle = bits_of(sum(magnitude(value), 0x1p23F + 2.0F));
  const std::uint32_t high = bits_of(sum(magnitude(value), 0x1p24F + 8.0F));
  const std::uint32_t one_binade = 1U << 23U;
  return smaller_with_sum(high, 0U - one_binade, smaller_with_sum(low, one_binade, middle));
}

/// The e2m1 code of any value; a NaN becomes 6.
ARBITER_HOST_DEVICE std::uint32_t to_e2m1(float value) {
  const std::uint32_t bits = bits_of(value);
  const std::uint32_t largest = bits_of(6.0F);
  const std::uint32_t clamped = (bits & 0x7fffffffU) < largest ? bits & 0x7fffffffU : largest;
  const std::uint32_t sign = value == value ? (bits >> 28U) & 0x8U : 0U;
  return (to_small_e2m1(float_of(clamped)) - e2m1_bias) | sign;
}

/// The codes of 4 or 8 values, the first in the lowest bits.
template <std::size_t count>
ARBITER_HOST_DEVICE std::uint32_t to_e2m1_word(const float (&value)[count]) {
  std::uint32_t word = 0;
  for (unsigned i = 0; i < count; ++i) word |= to_e2m1(value[i]) << (4 * i);
  return word;
}

/// The same for values below 7.
template <std::size_t count>
ARBITER_HOST_DEVICE std::uint32_t to_small_e2m1_word(const float (&value)[count]) {
  std::uint32_t word = 0U - e2m1_bias - (e2m1_bias << 4U);  // what stands above the codes adds up to the opposite
  std::uint32_t signs = 0;
  for (unsigned i = 0; i < count; ++i) {
    word += to_small_e2m1(value[i]) << (4 * i);
    signs = with_highest_four(signs, bits_of(value[count - 1 - i]));
  }
  return word | (signs & 0x88888888U);
}

/// The e4m3 code of the scale of a block of 16 elements. `largest` is their largest magnitude, or NaN if one is NaN.
ARBITER_HOST_DEVICE std::uint32_t block_scale(float largest, float global_scale) {
  return to_e4m3(product(largest, product(global_scale, 1.0F / 6.0F)), 0.0F) & 0xffU;
}

/// Whether a scale is normal and was not cut off. It is off by 1/17 at most then, so that its block's elements are
/// below 7 when it has scaled them.
ARBITER_HOST_DEVICE bool is_common_scale(std::uint32_t code) { return code - 0x08U < 0x7eU - 0x08U; }

/// 1 / scale, rounded once: a step of Newton's is exact enough for the eight mantissas there are.
ARBITER_HOST_DEVICE float reciprocal_of_common(std::uint32_t code) {
  const float scale = float_of((code << 20U) + 0x3c000000U);
  const float nearly = nearly_reciprocal(scale);
  return fused(fused(-scale, nearly, 1.0F), nearly, nearly);
}

/// The codes of elements of a block with the scale `code`: times global_scale / scale, and e2m1. A block whose scale
/// rounds to zero holds zeros.
template <std::size_t count>
ARBITER_HOST_DEVICE std::uint32_t scaled_to_e2m1_word(const float (&value)[count], std::uint32_t code,
                                                      float global_scale) {
  float scaled[count];
  if (is_common_scale(code)) {
    const float factor = product(global_scale, reciprocal_of_common(code));
    for (unsigned i = 0; i < count; ++i) scaled[i] = product(value[i], factor);
    return to_small_e2m1_word(scaled);
  }
  if (code == 0) return 0;
  const float factor = product(global_scale, quotient(1.0F, from_e4m3(code)));
  for (unsigned i = 0; i < count; ++i) scaled[i] = product(value[i], factor);
  return to_e2m1_word(scaled);
}

}  // namespace arbiter::device
