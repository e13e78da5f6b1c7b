#pragma once

/// Single fp32 operations for code that host and device share. On devices each is one instruction that no compiler
/// contracts or approximates, so that host tests say something about devices.

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
  return a * b;
#endif
}

ARBITER_HOST_DEVICE float quotient(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fdiv_rn(a, b);
#else
  return a / b;
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

/// The other one if one is NaN, a signalling one too, as devices have it and fminf() of the host has not.
ARBITER_HOST_DEVICE float smaller(float a, float b) {
#if defined(__CUDA_ARCH__)
  return fminf(a, b);
#else
  return a < b || b != b ? a : b;
#endif
}

ARBITER_HOST_DEVICE float larger(float a, float b) {
#if defined(__CUDA_ARCH__)
  return fmaxf(a, b);
#else
  return a > b || b != b ? a : b;
#endif
}

}  // namespace arbiter::device
