// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The message dtype of a device translation unit, and its vectors of 16 bytes. arbiter_add_device_code() compiles each
/// source once per dtype and defines ARBITER_DTYPE: 0 bfloat16, 1 float16, 2 float32. All functions work on one
/// thread's data and synchronise nothing.

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace arbiter::cuda {

#if ARBITER_DTYPE == 0
using Element = __nv_bfloat16;
#elif ARBITER_DTYPE == 1
using Element = __half;
#elif ARBITER_DTYPE == 2
using Element = float;
#else
#error "ARBITER_DTYPE: compile device code through arbiter_add_device_code()"
#endif

/// Elements per vector: 8 of the 16-bit dtypes, 4 of float32.
inline constexpr int vector_elements = 16 / static_cast<int>(sizeof(Element));

/// One vector in the message dtype, as it is loaded, sent and stored.
struct alignas(16) Packed {
  std::uint32_t word[4];
};

/// The elements of one vector in fp32.
struct Accumulators {
  float value[vector_elements];
};

/// Converts to fp32, exactly. Word by word and without pointers into the vector, so that it stays in registers.
__device__ __forceinline__ Accumulators unpack(const Packed& packed) {
  Accumulators result;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#if ARBITER_DTYPE == 0
    result.value[2 * i] = __uint_as_float(packed.word[i] << 16);
    result.value[2 * i + 1] = __uint_as_float(packed.word[i] & 0xffff0000U);
#elif ARBITER_DTYPE == 1
    result.value[2 * i] = __half2float(__ushort_as_half(static_cast<unsigned short>(packed.word[i] & 0xffffU)));
    result.value[2 * i + 1] = __half2float(__ushort_as_half(static_cast<unsigned short>(packed.word[i] >> 16)));
#else
    result.value[i] = __uint_as_float(packed.word[i]);
#endif
  }
  return result;
}

/// Converts from fp32, rounding to nearest even. Every NaN becomes the positive NaN with all mantissa bits set, as on
/// the host; for the 16-bit dtypes the hardware conversion does that.
__device__ __forceinline__ Packed pack(const Accumulators& values) {
  Packed packed;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#if ARBITER_DTYPE == 0
    const __nv_bfloat162 pair = __floats2bfloat162_rn(values.value[2 * i], values.value[2 * i + 1]);
    packed.word[i] = __bfloat16_as_ushort(pair.x) | static_cast<std::uint32_t>(__bfloat16_as_ushort(pair.y)) << 16;
#elif ARBITER_DTYPE == 1
    const __half2 pair = __floats2half2_rn(values.value[2 * i], values.value[2 * i + 1]);
    packed.word[i] = __half_as_ushort(pair.x) | static_cast<std::uint32_t>(__half_as_ushort(pair.y)) << 16;
#else
    const float value = values.value[i];
    packed.word[i] = value == value ? __float_as_uint(value) : 0x7fffffffU;
#endif
  }
  return packed;
}

/// A vector of positive zeros.
__device__ __forceinline__ Packed zeros() { return {{0U, 0U, 0U, 0U}}; }

/// Loads `count` (0..vector_elements) elements; the remaining ones are 0. `from` is aligned to an element: a full
/// vector at a 16-byte boundary is one 16-byte load, any other is loaded element by element.
__device__ __forceinline__ Packed load_vector(const Element* from, int count) {
  if (count == vector_elements && reinterpret_cast<std::uintptr_t>(from) % 16 == 0) {
    const uint4 value = *reinterpret_cast<const uint4*>(from);
    return {{value.x, value.y, value.z, value.w}};
  }
  Packed packed = zeros();
  auto* elements = reinterpret_cast<Element*>(&packed);
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) {
    if (i < count) elements[i] = from[i];
  }
  return packed;
}

/// Stores the first `count` (0..vector_elements) elements, by one 16-byte store under the same conditions.
__device__ __forceinline__ void store_vector(Element* to, const Packed& packed, int count) {
  if (count == vector_elements && reinterpret_cast<std::uintptr_t>(to) % 16 == 0) {
    *reinterpret_cast<uint4*>(to) = make_uint4(packed.word[0], packed.word[1], packed.word[2], packed.word[3]);
    return;
  }
  const auto* elements = reinterpret_cast<const Element*>(&packed);
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) {
    if (i < count) to[i] = elements[i];
  }
}

/// Forces evaluation here; otherwise the compiler sinks it past the wait.
template <class Type>
__device__ __forceinline__ void evaluate_now(Type*& address) {
  asm volatile("" : "+l"(address));
}
__device__ __forceinline__ void evaluate_now(std::uint32_t& value) { asm volatile("" : "+r"(value)); }

}  // namespace arbiter::cuda
