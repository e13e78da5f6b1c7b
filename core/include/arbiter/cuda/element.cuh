#pragma once

/// The message dtype of a device translation unit, and its 16-byte vectors. ARBITER_DTYPE is defined by
/// arbiter_add_device_code(): 0 bfloat16, 1 float16, 2 float32.

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

inline constexpr int vector_elements = 16 / static_cast<int>(sizeof(Element));

/// 16 bytes of the message, as they are loaded, sent and stored.
struct alignas(16) Packed {
  std::uint32_t word[4];
};

/// The same elements in fp32.
struct Accumulators {
  float value[vector_elements];
};

__device__ __forceinline__ float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }
__device__ __forceinline__ float to_float(__half value) { return __half2float(value); }
__device__ __forceinline__ float to_float(float value) { return value; }

/// Rounds to nearest even; a NaN becomes the positive quiet NaN without payload, as on the host.
__device__ __forceinline__ void from_float(float value, __nv_bfloat16& element) {
  element = value != value ? __ushort_as_bfloat16(0x7fc0U) : __float2bfloat16_rn(value);
}
__device__ __forceinline__ void from_float(float value, __half& element) {
  element = value != value ? __ushort_as_half(0x7e00U) : __float2half_rn(value);
}
__device__ __forceinline__ void from_float(float value, float& element) {
  element = value != value ? __uint_as_float(0x7fc00000U) : value;
}

/// Word by word and without pointers into vectors, so that vectors stay in registers.
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

#if ARBITER_DTYPE == 0
__device__ __forceinline__ std::uint32_t bits_of(Element element) { return __bfloat16_as_ushort(element); }
#elif ARBITER_DTYPE == 1
__device__ __forceinline__ std::uint32_t bits_of(Element element) { return __half_as_ushort(element); }
#else
__device__ __forceinline__ std::uint32_t bits_of(Element element) { return __float_as_uint(element); }
#endif

#if ARBITER_DTYPE != 2
/// Two elements in one instruction; only for values that are no NaN, whose pattern is not ours.
__device__ __forceinline__ std::uint32_t pair_of_numbers(float low, float high) {
#if ARBITER_DTYPE == 0
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return __bfloat16_as_ushort(pair.x) | static_cast<std::uint32_t>(__bfloat16_as_ushort(pair.y)) << 16;
#else
  const __half2 pair = __floats2half2_rn(low, high);
  return __half_as_ushort(pair.x) | static_cast<std::uint32_t>(__half_as_ushort(pair.y)) << 16;
#endif
}
#endif

__device__ __forceinline__ Packed pack(const Accumulators& values) {
  Packed packed;
#if ARBITER_DTYPE != 2
  bool numbers = true;
#pragma unroll
  for (int i = 0; i < vector_elements; i += 2) {
    numbers = numbers && values.value[i] == values.value[i] && values.value[i + 1] == values.value[i + 1];
  }
  if (numbers) {
#pragma unroll
    for (int i = 0; i < 4; ++i) packed.word[i] = pair_of_numbers(values.value[2 * i], values.value[2 * i + 1]);
    return packed;
  }
#endif
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#if ARBITER_DTYPE == 2
    Element element;
    from_float(values.value[i], element);
    packed.word[i] = bits_of(element);
#else
    Element low;
    Element high;
    from_float(values.value[2 * i], low);
    from_float(values.value[2 * i + 1], high);
    packed.word[i] = bits_of(low) | bits_of(high) << 16;
#endif
  }
  return packed;
}

__device__ __forceinline__ Packed zeros() { return {{0U, 0U, 0U, 0U}}; }

/// `count` elements from memory that is aligned to an element; the others are 0. One 16-byte access where the vector is
/// whole and aligned.
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

}  // namespace arbiter::cuda
