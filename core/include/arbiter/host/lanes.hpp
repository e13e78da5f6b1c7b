// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sixteen fp32 values ("lanes") at a time, for loops over rows on the host. A kernel is written once, compiled for each
// instruction set, and gives the same bits on all of them. lane_formats.hpp adds bf16, fp16 and fp32 rows on top.
//
// How a plugin uses it:
//   1. One source, say my_rows_isa.cpp, includes this header and defines the kernel in `namespace ARBITER_ISA`, with
//      plain pointers in its signature.
//   2. CMake's arbiter_add_isa_sources(<target> my_rows_isa.cpp) compiles the source once for each instruction set:
//      ARBITER_ISA is portable (16-byte vectors), avx2 (32) and avx512 (64); on other processors than x86-64 portable
//      only. Contraction to fused multiply-adds is off.
//   3. The caller picks portable::kernel, avx2::kernel or avx512::kernel by arbiter::isa() (row_kernels.hpp).
//
// Rules:
//   - Everything here has internal linkage, and so must be what the source adds: the linker keeps one copy of an inline
//     function with external linkage, and if that copy was compiled for avx512, older processors crash in it. So call
//     no templates and inline functions of the standard library in the source.
//   - Functions and lambdas that take lanes are ARBITER_LANES_INLINE or ARBITER_LANES_LAMBDA: lanes stay in registers.
//   - Operations are per lane and IEEE: sums in a fixed order have the same bits everywhere. Sum lanes by tree_sum().
//   - Pointers need the alignment of an element only. Nothing allocates or throws; all of it is thread-safe.

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if !defined(ARBITER_ISA)
#define ARBITER_ISA portable
#endif

#if defined(__AVX512F__)
#define ARBITER_LANE_BYTES 64
#elif defined(__AVX2__)
#define ARBITER_LANE_BYTES 32
#else
#define ARBITER_LANE_BYTES 16
#endif
#define ARBITER_LANES_INLINE __attribute__((always_inline)) inline
#define ARBITER_LANES_LAMBDA __attribute__((always_inline))

namespace arbiter::ARBITER_ISA {
namespace {

/// Elements in one Floats or Words.
inline constexpr int lane_count = 16;
/// Registers they take.
inline constexpr int part_count = lane_count * 4 / ARBITER_LANE_BYTES;

using FloatPart = float __attribute__((vector_size(ARBITER_LANE_BYTES)));
using WordPart = std::uint32_t __attribute__((vector_size(ARBITER_LANE_BYTES)));
using SignedPart = std::int32_t __attribute__((vector_size(ARBITER_LANE_BYTES)));

/// Sixteen fp32 values.
struct Floats {
  static constexpr std::size_t parts = part_count;
  FloatPart part[parts];
};
/// Sixteen 32-bit words: bit patterns of floats, or codes of narrower formats.
struct Words {
  static constexpr std::size_t parts = part_count;
  WordPart part[parts];
};
/// Sixteen conditions: all bits of a lane are set, or none is.
struct Mask {
  SignedPart part[part_count];
};

#define ARBITER_LANEWISE(Result, expression)                                                    \
  Result result;                                                                                \
  _Pragma("GCC unroll 4") for (int i = 0; i < part_count; ++i) { result.part[i] = expression; } \
  return result

/// The value in every lane.
ARBITER_LANES_INLINE Floats splat(float value) { ARBITER_LANEWISE(Floats, value - FloatPart{}); }
ARBITER_LANES_INLINE Words splat(std::uint32_t value) { ARBITER_LANEWISE(Words, WordPart{} + value); }
ARBITER_LANES_INLINE Floats operator+(const Floats& a, const Floats& b) {
  ARBITER_LANEWISE(Floats, a.part[i] + b.part[i]);
}
ARBITER_LANES_INLINE Floats operator*(const Floats& a, const Floats& b) {
  ARBITER_LANEWISE(Floats, a.part[i] * b.part[i]);
}
ARBITER_LANES_INLINE Floats operator/(const Floats& a, const Floats& b) {
  ARBITER_LANEWISE(Floats, a.part[i] / b.part[i]);
}
ARBITER_LANES_INLINE Words operator+(const Words& a, const Words& b) { ARBITER_LANEWISE(Words, a.part[i] + b.part[i]); }
ARBITER_LANES_INLINE Words operator-(const Words& a, const Words& b) { ARBITER_LANEWISE(Words, a.part[i] - b.part[i]); }
ARBITER_LANES_INLINE Words operator&(const Words& a, const Words& b) { ARBITER_LANEWISE(Words, a.part[i] & b.part[i]); }
ARBITER_LANES_INLINE Words operator|(const Words& a, const Words& b) { ARBITER_LANEWISE(Words, a.part[i] | b.part[i]); }
ARBITER_LANES_INLINE Words operator<<(const Words& a, int bits) { ARBITER_LANEWISE(Words, a.part[i] << bits); }
ARBITER_LANES_INLINE Words operator>>(const Words& a, int bits) { ARBITER_LANEWISE(Words, a.part[i] >> bits); }

/// The same bits, read as the other type.
ARBITER_LANES_INLINE Words bits_of(const Floats& a) { ARBITER_LANEWISE(Words, reinterpret_cast<WordPart>(a.part[i])); }
ARBITER_LANES_INLINE Floats floats_of(const Words& a) {
  ARBITER_LANEWISE(Floats, reinterpret_cast<FloatPart>(a.part[i]));
}

ARBITER_LANES_INLINE Mask is_nan(const Floats& a) { ARBITER_LANEWISE(Mask, a.part[i] != a.part[i]); }
/// Compares as signed words, the one comparison that every instruction set has.
ARBITER_LANES_INLINE Mask operator<(const Words& a, const Words& b) {
  ARBITER_LANEWISE(Mask, reinterpret_cast<SignedPart>(a.part[i]) < reinterpret_cast<SignedPart>(b.part[i]));
}
/// Per lane `yes` where the condition holds, else `no`.
ARBITER_LANES_INLINE Words select(const Mask& mask, const Words& yes, const Words& no) {
  ARBITER_LANEWISE(Words, mask.part[i] ? yes.part[i] : no.part[i]);
}
ARBITER_LANES_INLINE Words select(const Mask& mask, std::uint32_t yes, const Words& no) {
  return select(mask, splat(yes), no);
}

/// The smaller of two signed words. Compilers turn this form into one instruction.
ARBITER_LANES_INLINE Words smaller(const Words& a, const Words& b) {
  ARBITER_LANEWISE(Words, reinterpret_cast<WordPart>(reinterpret_cast<SignedPart>(a.part[i]) <
                                                             reinterpret_cast<SignedPart>(b.part[i])
                                                         ? reinterpret_cast<SignedPart>(a.part[i])
                                                         : reinterpret_cast<SignedPart>(b.part[i])));
}

#undef ARBITER_LANEWISE

// Loads and stores sixteen elements of any pack (Floats, Halves). Part by part: g++ copies a whole structure through
// the stack, 16 bytes at a time.
template <class Pack>
ARBITER_LANES_INLINE Pack load_pack(const void* from) {
  const auto* bytes = static_cast<const unsigned char*>(from);
  Pack pack;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Pack::parts; ++i) {
    __builtin_memcpy(&pack.part[i], bytes + i * sizeof(pack.part[i]), sizeof(pack.part[i]));
  }
  return pack;
}
template <class Pack>
ARBITER_LANES_INLINE void store_pack(const Pack& pack, void* to) {
  auto* bytes = static_cast<unsigned char*>(to);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Pack::parts; ++i) {
    __builtin_memcpy(bytes + i * sizeof(pack.part[i]), &pack.part[i], sizeof(pack.part[i]));
  }
}

/// The sum of all lanes: adds lanes i and i + 8, then i and i + 4, and so on.
ARBITER_LANES_INLINE float tree_sum(const Floats& a) {
  float lane[lane_count];
  __builtin_memcpy(lane, &a, sizeof(lane));
  for (int width = lane_count / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) lane[i] += lane[i + width];
  }
  return lane[0];
}

// Conversions between lanes and narrower units, which differ for each instruction set:
//   widen_from(pointer)        sixteen 16-bit units to words
//   narrow(words)              words that fit 16 bits to Halves
//   narrow_to_bytes(words)     words that fit 8 bits to Bytes
//   float16_from(pointer)      sixteen fp16 values to fp32, exactly
//   from_float16(halves)       the same from a register
//   to_float16(floats)         rounds to fp16; the only NaN allowed is 0x7fffffff (see lane_formats.hpp, one_nan())

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

// As in number_formats.hpp, which explains the arithmetic.
ARBITER_LANES_INLINE Floats from_float16(const Halves& a) {
  const Words code = widen(a);
  const Words fields = (code & splat(0x7fffU)) << 13;
  const Words finite = bits_of(floats_of(fields) * splat(0x1p112F));
  const Words special = finite | select(splat(0x0f800000U) < fields, 0x7fc00000U, splat(0x7f800000U));
  return floats_of(select(fields < splat(0x0f800000U), finite, special) | ((code & splat(0x8000U)) << 16));
}
ARBITER_LANES_INLINE Words widen_from(const std::uint16_t* from) { return widen(load_pack<Halves>(from)); }
ARBITER_LANES_INLINE Floats float16_from(const std::uint16_t* from) { return from_float16(load_pack<Halves>(from)); }
/// `a` has no NaN but 0x7fffffff.
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
