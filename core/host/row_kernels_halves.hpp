#pragma once

// The conversions between 32-bit lanes and narrower units: the part of the lanes that differs per instruction set.
// Narrowing wants lanes that fit the unit.

#include "host/row_kernels_lanes.hpp"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace arbiter::ARBITER_ISA {
namespace {

#if defined(__AVX2__)

/// Sixteen 16-bit units.
struct Halves {
  static constexpr std::size_t parts = 1;
  __m256i part[parts];
};
/// Sixteen 8-bit units.
struct Bytes {
  __m128i value;
};

#if defined(__AVX512F__)

// Masked with every lane on: the plain forms of g++ 12 start from an undefined register and trip -Wmaybe-uninitialized.
inline constexpr __mmask16 all_lanes = 0xffff;

ARBITER_LANES_INLINE Bytes narrow_to_bytes(const Words& a) {
  return {_mm512_maskz_cvtepi32_epi8(all_lanes, reinterpret_cast<__m512i>(a.part[0]))};
}

ARBITER_LANES_INLINE Words widen_from(const std::uint16_t* from) {
  return {{reinterpret_cast<WordPart>(_mm512_maskz_cvtepu16_epi32(all_lanes, load_pack<Halves>(from).part[0]))}};
}
ARBITER_LANES_INLINE Halves narrow(const Words& a) {
  return {{_mm512_maskz_cvtepi32_epi16(all_lanes, reinterpret_cast<__m512i>(a.part[0]))}};
}
ARBITER_LANES_INLINE Floats from_float16(const Halves& a) { return {{_mm512_maskz_cvtph_ps(all_lanes, a.part[0])}}; }
ARBITER_LANES_INLINE Floats float16_from(const std::uint16_t* from) { return from_float16(load_pack<Halves>(from)); }
ARBITER_LANES_INLINE Halves to_float16(const Floats& a) {
  return {{_mm512_maskz_cvtps_ph(all_lanes, a.part[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}};
}

#else

// Two loads of half a register: taking a whole one apart costs shuffles, of which there are fewer per cycle.
ARBITER_LANES_INLINE __m128i load_eight(const std::uint16_t* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(from));
}
ARBITER_LANES_INLINE Words widen_from(const std::uint16_t* from) {
  return {{reinterpret_cast<WordPart>(_mm256_cvtepu16_epi32(load_eight(from))),
           reinterpret_cast<WordPart>(_mm256_cvtepu16_epi32(load_eight(from + 8)))}};
}
ARBITER_LANES_INLINE Floats float16_from(const std::uint16_t* from) {
  return {{_mm256_cvtph_ps(load_eight(from)), _mm256_cvtph_ps(load_eight(from + 8))}};
}
ARBITER_LANES_INLINE Halves narrow(const Words& a) {
  const __m256i packed =
      _mm256_packus_epi32(reinterpret_cast<__m256i>(a.part[0]), reinterpret_cast<__m256i>(a.part[1]));
  return {{_mm256_permute4x64_epi64(packed, 0xd8)}};
}
ARBITER_LANES_INLINE Bytes narrow_to_bytes(const Words& a) {
  const __m256i halves = narrow(a).part[0];
  return {_mm_packus_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1))};
}
ARBITER_LANES_INLINE Floats from_float16(const Halves& a) {
  return {
      {_mm256_cvtph_ps(_mm256_castsi256_si128(a.part[0])), _mm256_cvtph_ps(_mm256_extracti128_si256(a.part[0], 1))}};
}
ARBITER_LANES_INLINE Halves to_float16(const Floats& a) {
  constexpr int nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  return {{_mm256_set_m128i(_mm256_cvtps_ph(a.part[1], nearest), _mm256_cvtps_ph(a.part[0], nearest))}};
}

#endif
#else

using HalfPart = std::uint16_t __attribute__((vector_size(16)));
using BytePart = std::uint8_t __attribute__((vector_size(16)));

struct Halves {
  static constexpr std::size_t parts = 2;
  HalfPart part[parts];
};
struct Bytes {
  BytePart value;
};

ARBITER_LANES_INLINE Words widen(const Halves& a) {
  constexpr HalfPart zero{};
  Words words;
  for (std::size_t i = 0; i < 2; ++i) {
    words.part[2 * i] = reinterpret_cast<WordPart>(__builtin_shufflevector(a.part[i], zero, 0, 8, 1, 9, 2, 10, 3, 11));
    words.part[2 * i + 1] =
        reinterpret_cast<WordPart>(__builtin_shufflevector(a.part[i], zero, 4, 12, 5, 13, 6, 14, 7, 15));
  }
  return words;
}
ARBITER_LANES_INLINE Halves narrow(const Words& a) {
  Halves halves;
  for (std::size_t i = 0; i < 2; ++i) {
    halves.part[i] = __builtin_shufflevector(reinterpret_cast<HalfPart>(a.part[2 * i]),
                                             reinterpret_cast<HalfPart>(a.part[2 * i + 1]), 0, 2, 4, 6, 8, 10, 12, 14);
  }
  return halves;
}
ARBITER_LANES_INLINE Bytes narrow_to_bytes(const Words& a) {
  const Halves halves = narrow(a);
  return {__builtin_shufflevector(reinterpret_cast<BytePart>(halves.part[0]),
                                  reinterpret_cast<BytePart>(halves.part[1]), 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22,
                                  24, 26, 28, 30)};
}

// As in arbiter/number_formats.hpp, which explains the arithmetic.
ARBITER_LANES_INLINE Floats from_float16(const Halves& a) {
  const Words code = widen(a);
  const Words fields = (code & splat(0x7fffU)) << 13;
  const Words finite = bits_of(floats_of(fields) * splat(0x1p112F));
  const Words special = finite | select(splat(0x0f800000U) < fields, 0x7fc00000U, splat(0x7f800000U));
  return floats_of(select(fields < splat(0x0f800000U), finite, special) | ((code & splat(0x8000U)) << 16));
}
ARBITER_LANES_INLINE Words widen_from(const std::uint16_t* from) { return widen(load_pack<Halves>(from)); }
ARBITER_LANES_INLINE Floats float16_from(const std::uint16_t* from) { return from_float16(load_pack<Halves>(from)); }
/// NaN has been made 0x7fffffff.
ARBITER_LANES_INLINE Halves to_float16(const Floats& a) {
  const Words bits = bits_of(a);
  const Words magnitude = bits & splat(0x7fffffffU);
  const Words tiny = bits_of(floats_of(magnitude) + splat(0.5F)) - splat(0x3f000000U);
  const Words normal = (magnitude - splat(0x38000000U - 0xfffU) + ((magnitude >> 13) & splat(1U))) >> 13;
  const Words finite = select(magnitude < splat(0x38800000U), tiny, normal);
  const Words special = select(splat(0x7f800000U) < magnitude, 0x7fffU, splat(0x7c00U));
  return narrow(select(magnitude < splat(0x47800000U), finite, special) | ((bits >> 16) & splat(0x8000U)));
}

#endif

}  // namespace
}  // namespace arbiter::ARBITER_ISA
