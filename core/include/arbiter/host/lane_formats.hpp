// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of bf16, fp16 and fp32 in lanes: how sixteen elements are loaded, widened to fp32, rounded back and stored, and
// what to do with the last elements of a row. lanes.hpp has the rules and says how such a source is compiled. Example:
//
//   for_blocks(count, [=](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
//     const Floats sum = load<Bfloat16>(a + i, extent) + load<Bfloat16>(b + i, extent);
//     store_rounded<Bfloat16>(sum, out + i, extent);
//   });
//
// Formats are Bfloat16, Float16 and Float32. `Unit` is the stored element, `Pack` sixteen of them in registers. What
// rounds, rounds to nearest, ties to even, keeps subnormals, and stores every NaN as the positive NaN of all ones.

#include "arbiter/host/lanes.hpp"

namespace arbiter::ARBITER_ISA {
namespace {

// The one NaN that CUDA's conversions and additions make. The payload of an fp32 sum of two NaNs depends on the order
// of operands that the compiler chose, so it must not reach memory.
inline constexpr std::uint32_t the_nan = 0x7fffffff;

/// Every NaN becomes the_nan.
ARBITER_LANES_INLINE Floats one_nan(const Floats& a) { return floats_of(select(is_nan(a), the_nan, bits_of(a))); }

/// 1-8-7.
struct Bfloat16 {
  using Unit = std::uint16_t;
  using Pack = Halves;
  static ARBITER_LANES_INLINE Floats read(const Unit* from) { return floats_of(widen_from(from) << 16); }
  /// Rounds into `pack` and returns the values of `pack` in fp32.
  static ARBITER_LANES_INLINE Floats round(const Floats& a, Pack& pack) {
    const Words bits = bits_of(a);
    const Words nearest = (bits + splat(0x7fffU) + ((bits >> 16) & splat(1U))) >> 16;
    const Words code = select(is_nan(a), the_nan >> 16, nearest);
    pack = narrow(code);
    return floats_of(code << 16);
  }
};

/// 1-5-10, IEEE binary16.
struct Float16 {
  using Unit = std::uint16_t;
  using Pack = Halves;
  static ARBITER_LANES_INLINE Floats read(const Unit* from) { return float16_from(from); }
  static ARBITER_LANES_INLINE Floats round(const Floats& a, Pack& pack) {
    pack = to_float16(one_nan(a));
    return from_float16(pack);
  }
};

/// Not rounded; NaNs become the_nan.
struct Float32 {
  using Unit = float;
  using Pack = Floats;
  static ARBITER_LANES_INLINE Floats read(const Unit* from) { return load_pack<Floats>(from); }
  static ARBITER_LANES_INLINE Floats round(const Floats& a, Pack& pack) {
    pack = one_nan(a);
    return pack;
  }
};

/// The extent of a block of sixteen: all of it exists, or only the first elements, at the end of a row.
struct Whole {};
struct Tail {
  std::int64_t elements;
};

/// Sixteen elements as fp32; those beyond a tail are zero.
template <class Format>
ARBITER_LANES_INLINE Floats load(const typename Format::Unit* from, Whole) {
  return Format::read(from);
}
template <class Format>
ARBITER_LANES_INLINE Floats load(const typename Format::Unit* from, Tail tail) {
  typename Format::Unit padded[lane_count] = {};
  __builtin_memcpy(padded, from, static_cast<std::size_t>(tail.elements) * sizeof(padded[0]));
  return Format::read(padded);
}

/// Writes the elements that exist.
template <class Pack, class Unit>
ARBITER_LANES_INLINE void store(const Pack& pack, Unit* to, Whole) {
  store_pack(pack, to);
}
template <class Pack, class Unit>
ARBITER_LANES_INLINE void store(const Pack& pack, Unit* to, Tail tail) {
  Unit padded[lane_count];
  store_pack(pack, padded);
  __builtin_memcpy(to, padded, static_cast<std::size_t>(tail.elements) * sizeof(Unit));
}

/// Rounds to the format, stores, and returns the rounded values in fp32.
template <class Format, class Extent>
ARBITER_LANES_INLINE Floats store_rounded(const Floats& value, typename Format::Unit* to, Extent extent) {
  typename Format::Pack pack;
  const Floats rounded = Format::round(value, pack);
  store(pack, to, extent);
  return rounded;
}

/// Copies elements as they are, NaN payloads too.
template <class Format>
ARBITER_LANES_INLINE void copy(const typename Format::Unit* from, typename Format::Unit* to, Whole) {
  store_pack(load_pack<typename Format::Pack>(from), to);
}
template <class Format>
ARBITER_LANES_INLINE void copy(const typename Format::Unit* from, typename Format::Unit* to, Tail tail) {
  __builtin_memcpy(to, from, static_cast<std::size_t>(tail.elements) * sizeof(*to));
}

/// Calls step(index of the first element, Whole or Tail) for each block of a row of `count` elements.
template <class Step>
ARBITER_LANES_INLINE void for_blocks(std::int64_t count, Step step) {
  std::int64_t i = 0;
  for (; i + lane_count <= count; i += lane_count) step(i, Whole{});
  if (i < count) step(i, Tail{count - i});
}

}  // namespace
}  // namespace arbiter::ARBITER_ISA
