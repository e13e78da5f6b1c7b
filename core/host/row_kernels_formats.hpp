#pragma once

// The message formats in lanes: how sixteen elements are loaded, widened, rounded and stored.

#include "host/row_kernels_halves.hpp"

namespace arbiter::ARBITER_ISA {
namespace {

// Every rounding makes the one NaN that CUDA's conversions and additions make, positive and all ones: which payload an
// fp32 sum of two NaNs carries here depends on the order of operands the compiler chose.
inline constexpr std::uint32_t the_nan = 0x7fffffff;

ARBITER_LANES_INLINE Floats one_nan(const Floats& a) { return floats_of(select(is_nan(a), the_nan, bits_of(a))); }

struct Bfloat16 {
  using Unit = std::uint16_t;
  using Pack = Halves;
  static ARBITER_LANES_INLINE Floats read(const Unit* from) { return floats_of(widen_from(from) << 16); }
  /// Also gives what `pack` means.
  static ARBITER_LANES_INLINE Floats round(const Floats& a, Pack& pack) {
    const Words bits = bits_of(a);
    const Words nearest = (bits + splat(0x7fffU) + ((bits >> 16) & splat(1U))) >> 16;
    const Words code = select(is_nan(a), the_nan >> 16, nearest);
    pack = narrow(code);
    return floats_of(code << 16);
  }
};

struct Float16 {
  using Unit = std::uint16_t;
  using Pack = Halves;
  static ARBITER_LANES_INLINE Floats read(const Unit* from) { return float16_from(from); }
  static ARBITER_LANES_INLINE Floats round(const Floats& a, Pack& pack) {
    pack = to_float16(one_nan(a));
    return from_float16(pack);
  }
};

struct Float32 {
  using Unit = float;
  using Pack = Floats;
  static ARBITER_LANES_INLINE Floats read(const Unit* from) { return load_pack<Floats>(from); }
  static ARBITER_LANES_INLINE Floats round(const Floats& a, Pack& pack) {
    pack = one_nan(a);
    return pack;
  }
};

/// How many elements of a block exist: all sixteen, or the first few of a row's last block.
struct Whole {};
struct Tail {
  std::int64_t elements;
};

/// Elements beyond a tail read as zero.
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

/// Stores the rounded values and gives what they mean.
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

/// Calls step(first element, Whole or Tail) for each block of a row.
template <class Step>
ARBITER_LANES_INLINE void for_blocks(std::int64_t count, Step step) {
  std::int64_t i = 0;
  for (; i + lane_count <= count; i += lane_count) step(i, Whole{});
  if (i < count) step(i, Tail{count - i});
}

}  // namespace
}  // namespace arbiter::ARBITER_ISA
