// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Single operations for code that host and device share. On devices each is one instruction that the compiler neither
/// contracts nor approximates, so that host tests hold for devices; approximate instructions are named so.

#include <algorithm>
#include <cmath>
#include <cstdint>

#if defined(__CUDACC__)
#define ARBITER_HOST_DEVICE __host__ __device__ __forceinline__
#else
#include <bit>
#define ARBITER_HOST_DEVICE inline
#endif

namespace arbiter::device {

ARBITER_HOST_DEVICE std::uint32_t bits_of(float value) {
#if defined(__CUDACC__)
  std::uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return bits;
#else
  return std::bit_cast<std::uint32_t>(value);
#endif
}

ARBITER_HOST_DEVICE float float_of(std::uint32_t bits) {
#if defined(__CUDACC__)
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
#else
  return std::bit_cast<float>(bits);
#endif
}

ARBITER_HOST_DEVICE float sum(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fadd_rn(a, b);
#else
  return a + b;
#endif
}

ARBITER_HOST_DEVICE float product(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fmul_rn(a, b);
#else
  const float result = a * b;
  return result == result ? result : float_of(0x7fffffffU);  // the only NaN that devices produce
#endif
}

/// a * b + c, rounded once.
ARBITER_HOST_DEVICE float fused(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return __fmaf_rn(a, b, c);
#else
  return std::fma(a, b, c);
#endif
}

ARBITER_HOST_DEVICE float magnitude(float a) { return fabsf(a); }

/// The larger magnitude; NaN if one is NaN.
ARBITER_HOST_DEVICE float larger_magnitude(float a, float b) {
#if defined(__CUDA_ARCH__)
  float larger;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(larger) : "f"(magnitude(a)), "f"(magnitude(b)));
  return larger;
#else
  return float_of((std::max)(bits_of(a) & 0x7fffffffU, bits_of(b) & 0x7fffffffU));  // NaN patterns are above infinity's
#endif
}

/// a * b clamped to 0..1; 0 for NaN.
ARBITER_HOST_DEVICE float saturated_product(float a, float b) {
#if defined(__CUDA_ARCH__)
  float result;
  asm("mul.rn.sat.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
  return result;
#else
  const float result = a * b;
  return result > 0.0F ? (std::min)(result, 1.0F) : 0.0F;
#endif
}

/// min(a + b, c), where a + b wraps at 2^32.
ARBITER_HOST_DEVICE std::uint32_t smaller_with_sum(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
#if defined(__CUDA_ARCH__)
  return __viaddmin_u32(a, b, c);
#else
  return (std::min)(a + b, c);
#endif
}

/// `high` shifted left by four bits, with the four highest bits of `low` below it.
ARBITER_HOST_DEVICE std::uint32_t with_highest_four(std::uint32_t high, std::uint32_t low) {
  return high << 4U | low >> 28U;
}

/// 1 / a to one unit in the last place, for `a` far from the ends of the fp32 range.
ARBITER_HOST_DEVICE float approximate_reciprocal(float a) {
#if defined(__CUDA_ARCH__)
  float result;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(a));
  return result;
#else
  return 1.0F / a;
#endif
}

/// 1 / sqrt(a) to two units in the last place, for normal `a`.
ARBITER_HOST_DEVICE float approximate_rsqrt(float a) {
#if defined(__CUDA_ARCH__)
  float result;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(a));
  return result;
#else
  return 1.0F / std::sqrt(a);
#endif
}

/// 1 / sqrt(squares / count + eps) to a few units in the last place, which is less than the order of a sum of squares
/// may change. eps is at least 1e-30.
ARBITER_HOST_DEVICE float inverse_rms(float squares, float inverse_count, float eps) {
  return approximate_rsqrt(fused(squares, inverse_count, eps));
}

}  // namespace arbiter::device
