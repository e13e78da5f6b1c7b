// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Encoders to e4m3 and e2m1 for host and device compilers, bit for bit those of arbiter/host/number_formats.hpp, which
/// defines the rounding.

#include <cstddef>

#include "rms_norm/device_arithmetic.hpp"

namespace arbiter::device {

/// One e4m3 code in the low byte, in integer and fp32 arithmetic.
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

inline constexpr std::uint32_t e2m1_bias = 0x49800000U;  ///< the bits of 2^20

/// e2m1_bias plus the e2m1 code of m = 8 * eighth, for `eighth` in 0..1. Magnitudes of 7 or more give code 8, one above
/// the largest.
///
/// Each range of the format is one fp32 addition that rounds to its spacing: 2 m, m + 2 and m / 2 + 4, rounded to
/// integers, are the codes of m below 2, in 2..4 and above 4. In each range the smallest of the three is the code, and
/// ties go to even codes. Sums of m with 2^22, 2^23 + 2 and 2^24 + 8 round so in their last bits, and sums of `eighth`
/// with an eighth of these.
ARBITER_HOST_DEVICE std::uint32_t to_unclamped_e2m1(float eighth) {
  const std::uint32_t low = bits_of(sum(eighth, 0x1p19F));
  const std::uint32_t middle = bits_of(sum(eighth, 0x1p20F + 0.25F));
  const std::uint32_t high = bits_of(sum(eighth, 0x1p21F + 1.0F));
  const std::uint32_t one_binade = 1U << 23U;
  return smaller_with_sum(high, 0U - one_binade, smaller_with_sum(low, one_binade, middle));
}

/// The packed codes of 4 or 8 magnitudes, given an eighth of each, clamped to 1; the first in the lowest bits.
template <std::size_t count>
ARBITER_HOST_DEVICE std::uint32_t to_e2m1_word(const float (&eighth)[count]) {
  std::uint32_t code[count];
  for (unsigned i = 0; i < count; ++i) code[i] = to_unclamped_e2m1(eighth[i]);
  // As a tree: each addition depends on two, not on all before it.
  for (unsigned width = 1; width < count; width *= 2) {
    for (unsigned i = 0; i < count; i += 2 * width) code[i] += code[i + width] << (4 * width);
  }
  const std::uint32_t biases = e2m1_bias + (e2m1_bias << 4U) + (e2m1_bias << 8U);  // further ones are shifted out
  const std::uint32_t word = code[0] - biases;
  return word - ((word & 0x88888888U) >> 3U);
}

/// The sign bits of 4 or 8 values, each at the highest bit of its code.
template <std::size_t count>
ARBITER_HOST_DEVICE std::uint32_t e2m1_signs(const float (&value)[count]) {
  std::uint32_t signs = 0;
  for (unsigned i = count; i-- > 0;) signs = with_highest_four(signs, bits_of(value[i]));
  return signs & 0x88888888U;
}

/// The e4m3 code of the scale of a block of 16 elements that are still to be multiplied by `scalar`. `largest` is their
/// largest magnitude, NaN if one is NaN.
ARBITER_HOST_DEVICE std::uint32_t block_scale(float largest, float scalar, float global_scale) {
  return to_e4m3(product(largest, product(product(global_scale, 1.0F / 6.0F), scalar)), 0.0F);
}

/// An eighth of 1 / scale, correctly rounded: one Newton step is exact for each of the eight mantissas. NaN for a scale
/// of 0.
ARBITER_HOST_DEVICE float eighth_of_reciprocal(std::uint32_t code) {
  const float eightfold = product(float_of(code << 20U), 0x1p123F);
  const float estimate = approximate_reciprocal(eightfold);
  return fused(fused(-eightfold, estimate, 1.0F), estimate, estimate);
}

/// The packed e2m1 codes, without signs, of |value| * scalar * global_scale / scale for elements of a block with the
/// e4m3 scale `code`. NaN becomes 0, and so does every element of a block whose scale is 0.
template <std::size_t count>
ARBITER_HOST_DEVICE std::uint32_t scaled_to_e2m1_word(const float (&value)[count], std::uint32_t code, float scalar,
                                                      float global_scale) {
  const float factor = product(product(scalar, global_scale), eighth_of_reciprocal(code));
  float eighth[count];
  for (unsigned i = 0; i < count; ++i) eighth[i] = saturated_product(magnitude(value[i]), factor);
  return to_e2m1_word(eighth);
}

}  // namespace arbiter::device
