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

/// An e2m1 code in the low four bits, and above them the bits of 2^23.
/// Twice a magnitude, the magnitude + 2 and half of it + 4, each rounded to a whole number, are its code below 2, in
/// 2..4 and above 4; each is the least of the three where it is the code, and odd where the code is. Added to 2^23 they
/// are rounded so.
ARBITER_HOST_DEVICE std::uint32_t to_e2m1(float value) {
  const float clamped = larger(smaller(value, 6.0F), -6.0F);  // a NaN becomes 6
  const float magnitude = float_of(bits_of(clamped) & 0x7fffffffU);
  const float low = fused(magnitude, 2.0F, 0x1p23F);
  const float middle = sum(magnitude, 0x1p23F + 2.0F);
  const float high = fused(magnitude, 0.5F, 0x1p23F + 4.0F);
  return bits_of(smaller(smaller(low, middle), high)) | ((bits_of(clamped) >> 28) & 0x8U);
}

/// The codes of 4 or 8 values, the first in the lowest bits.
template <std::size_t count>
ARBITER_HOST_DEVICE std::uint32_t to_e2m1_word(const float (&value)[count]) {
  // What to_e2m1() has above its codes adds up to this.
  std::uint32_t word = 0U - 0x4b000000U - (0x4b000000U << 4);
  for (unsigned i = 0; i < count; ++i) word += to_e2m1(value[i]) << (4 * i);
  return word;
}

/// The scale of a block of 16 elements.
struct BlockScale {
  std::uint32_t code;  ///< e4m3
  float factor;        ///< of its elements, before they become e2m1
  std::uint32_t used;  ///< a mask for their codes: a block whose scale rounds to zero holds zeros
};

/// `largest` is the block's largest magnitude, or NaN if it has one.
ARBITER_HOST_DEVICE BlockScale block_scale(float largest, float global_scale) {
  const std::uint32_t code = to_e4m3(product(product(largest, 1.0F / 6.0F), global_scale), 0.0F) & 0xffU;
  if (code == 0) return {0, 0.0F, 0};
  return {code, quotient(global_scale, from_e4m3(code)), ~0U};
}

}  // namespace arbiter::device
