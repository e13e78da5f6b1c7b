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

/// Rounds to nearest even; a NaN becomes the positive NaN of all ones, as on the host. Conversions make that one by
/// themselves.
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

/// Has something computed here: compilers put it off to where it is used, which may be behind all there is to wait for.
template <class Type>
__device__ __forceinline__ void evaluate_now(Type*& address) {
  asm volatile("" : "+l"(address));
}
__device__ __forceinline__ void evaluate_now(std::uint32_t& value) { asm volatile("" : "+r"(value)); }

}  // namespace arbiter::cuda
