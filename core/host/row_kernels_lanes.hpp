#pragma once

// Sixteen fp32 lanes, whatever the registers of the instruction set hold, so that a kernel is written once and gives
// the same bits everywhere. For sources of arbiter_add_isa_sources() only. Everything has internal linkage: code
// compiled for a newer processor must never be what the linker keeps of an inline function that older ones run too.

#include <cstddef>
#include <cstdint>

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

inline constexpr int lane_count = 16;
inline constexpr int part_count = lane_count * 4 / ARBITER_LANE_BYTES;

using FloatPart = float __attribute__((vector_size(ARBITER_LANE_BYTES)));
using WordPart = std::uint32_t __attribute__((vector_size(ARBITER_LANE_BYTES)));
using SignedPart = std::int32_t __attribute__((vector_size(ARBITER_LANE_BYTES)));

struct Floats {
  static constexpr std::size_t parts = part_count;
  FloatPart part[parts];
};
struct Words {
  static constexpr std::size_t parts = part_count;
  WordPart part[parts];
};
/// All bits of a lane set, or none.
struct Mask {
  SignedPart part[part_count];
};

#define ARBITER_LANEWISE(Result, expression)                                                    \
  Result result;                                                                                \
  _Pragma("GCC unroll 4") for (int i = 0; i < part_count; ++i) { result.part[i] = expression; } \
  return result

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

ARBITER_LANES_INLINE Words bits_of(const Floats& a) { ARBITER_LANEWISE(Words, reinterpret_cast<WordPart>(a.part[i])); }
ARBITER_LANES_INLINE Floats floats_of(const Words& a) {
  ARBITER_LANEWISE(Floats, reinterpret_cast<FloatPart>(a.part[i]));
}

ARBITER_LANES_INLINE Mask is_nan(const Floats& a) { ARBITER_LANEWISE(Mask, a.part[i] != a.part[i]); }
/// Compares as signed words: the one comparison every instruction set has.
ARBITER_LANES_INLINE Mask operator<(const Words& a, const Words& b) {
  ARBITER_LANEWISE(Mask, reinterpret_cast<SignedPart>(a.part[i]) < reinterpret_cast<SignedPart>(b.part[i]));
}
ARBITER_LANES_INLINE Words select(const Mask& mask, const Words& yes, const Words& no) {
  ARBITER_LANEWISE(Words, mask.part[i] ? yes.part[i] : no.part[i]);
}
ARBITER_LANES_INLINE Words select(const Mask& mask, std::uint32_t yes, const Words& no) {
  return select(mask, splat(yes), no);
}

/// The smaller of two signed words; compilers know this form of it.
ARBITER_LANES_INLINE Words smaller(const Words& a, const Words& b) {
  ARBITER_LANEWISE(Words, reinterpret_cast<WordPart>(reinterpret_cast<SignedPart>(a.part[i]) <
                                                             reinterpret_cast<SignedPart>(b.part[i])
                                                         ? reinterpret_cast<SignedPart>(a.part[i])
                                                         : reinterpret_cast<SignedPart>(b.part[i])));
}

#undef ARBITER_LANEWISE

// Part by part: g++ copies a whole structure through the stack, 16 bytes at a time.
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

/// Adds lanes i and i + 8, then i and i + 4, and so on.
ARBITER_LANES_INLINE float tree_sum(const Floats& a) {
  float lane[lane_count];
  __builtin_memcpy(lane, &a, sizeof(lane));
  for (int width = lane_count / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) lane[i] += lane[i + width];
  }
  return lane[0];
}

}  // namespace
}  // namespace arbiter::ARBITER_ISA
