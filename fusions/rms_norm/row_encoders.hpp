// SPDX-License-Identifier: Apache-2.0
#pragma once

// Vectorised encoders to e4m3 and e2m1, sixteen values at a time, bit for bit those of arbiter/host/number_formats.hpp,
// which defines the rounding. For sources of arbiter_add_isa_sources() only.

#include "arbiter/host/lane_formats.hpp"

namespace arbiter::ARBITER_ISA {
namespace {

inline constexpr std::uint32_t magnitude_mask = 0x7fffffff;
inline constexpr std::uint32_t infinity = 0x7f800000;

/// Encodes to a format with `mantissa` bits, whose smallest normal number has the fp32 pattern `smallest_normal` and
/// whose largest code without sign is `largest`. Adding `shifter` rounds smaller values to subnormals.
template <int mantissa, std::uint32_t smallest_normal, std::uint32_t shifter, std::uint32_t largest, std::uint32_t nan,
          int sign_shift, std::uint32_t sign_bit>
ARBITER_LANES_INLINE Words encode(const Floats& value) {
  constexpr int dropped = 23 - mantissa;
  constexpr std::uint32_t rebias = smallest_normal - (1U << 23);
  const Words bits = bits_of(value);
  const Words magnitude = bits & splat(magnitude_mask);
  const Words tiny = bits_of(floats_of(magnitude) + floats_of(splat(shifter))) - splat(shifter);
  const Words normal =
      (magnitude + splat((1U << (dropped - 1)) - 1 - rebias) + ((magnitude >> dropped) & splat(1U))) >> dropped;
  const Words nearest = select(magnitude < splat(smallest_normal), tiny, normal);
  const Words code = smaller(nearest, splat(largest)) | ((bits >> sign_shift) & splat(sign_bit));
  return select(splat(infinity) < magnitude, nan, code);
}

ARBITER_LANES_INLINE Words to_e4m3(const Floats& value) {
  return encode<3, 0x3c800000, 0x46800000, 0x7e, 0x7f, 24, 0x80>(value);
}
/// NaN, which e2m1 lacks, becomes 0.
ARBITER_LANES_INLINE Words to_e2m1(const Floats& value) {
  return encode<1, 0x3f800000, 0x4a800000, 0x7, 0x0, 28, 0x8>(value);
}

/// The value of codes without a sign; 480 for NaN.
ARBITER_LANES_INLINE Floats from_positive_e4m3(const Words& code) { return floats_of(code << 20) * splat(0x1p120F); }

/// The larger magnitude of each lane, given and returned as bits; NaN if one is NaN, as its pattern is above that of
/// infinity.
ARBITER_LANES_INLINE Words larger_magnitude(const Words& largest, const Floats& value) {
  const Words magnitude = bits_of(value) & splat(magnitude_mask);
  return select(largest < magnitude, magnitude, largest);
}

/// The largest of the lanes, which are magnitudes as bits.
ARBITER_LANES_INLINE float largest_lane(const Words& magnitude) {
  WordPart part = magnitude.part[0];
  for (int i = 1; i < part_count; ++i) part = part < magnitude.part[i] ? magnitude.part[i] : part;
  std::uint32_t lane[ARBITER_LANE_BYTES / 4];
  __builtin_memcpy(lane, &part, sizeof(lane));
  for (int width = ARBITER_LANE_BYTES / 8; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) lane[i] = lane[i] < lane[i + width] ? lane[i + width] : lane[i];
  }
  float largest = 0.0F;
  __builtin_memcpy(&largest, lane, sizeof(largest));
  return largest;
}
/// The largest magnitude of the lanes; NaN if one is NaN.
ARBITER_LANES_INLINE float largest_magnitude(const Floats& value) {
  return largest_lane(bits_of(value) & splat(magnitude_mask));
}

/// The low byte of each lane.
ARBITER_LANES_INLINE void store_bytes(const Words& code, std::uint8_t* to) {
  const Bytes bytes = narrow_to_bytes(code);
  __builtin_memcpy(to, &bytes, sizeof(bytes));
}
ARBITER_LANES_INLINE void store_bytes(const Words& code, std::uint8_t* to, Whole) { store_bytes(code, to); }
ARBITER_LANES_INLINE void store_bytes(const Words& code, std::uint8_t* to, Tail tail) {
  std::uint8_t padded[lane_count];
  store_bytes(code, padded);
  __builtin_memcpy(to, padded, static_cast<std::size_t>(tail.elements));
}

/// Packs the low halves of eight bytes into four bytes, the first of each two in the low half.
ARBITER_LANES_INLINE std::uint32_t pack_nibbles(std::uint64_t codes) {
  codes = (codes | codes >> 4) & 0x00ff00ff00ff00ffU;
  codes = (codes | codes >> 8) & 0x0000ffff0000ffffU;
  return static_cast<std::uint32_t>(codes | codes >> 16);
}
ARBITER_LANES_INLINE void store_nibbles(const std::uint8_t* code, std::uint8_t* to) {
  std::uint64_t codes[2];
  __builtin_memcpy(codes, code, sizeof(codes));
  const std::uint32_t packed[2] = {pack_nibbles(codes[0]), pack_nibbles(codes[1])};
  __builtin_memcpy(to, packed, sizeof(packed));
}
ARBITER_LANES_INLINE void store_nibbles(const Words& code, std::uint8_t* to, Whole) {
  std::uint8_t bytes[lane_count];
  store_bytes(code, bytes);
  store_nibbles(bytes, to);
}
ARBITER_LANES_INLINE void store_nibbles(const Words& code, std::uint8_t* to, Tail tail) {
  std::uint8_t bytes[lane_count] = {};
  store_bytes(code, bytes, tail);
  std::uint8_t packed[lane_count / 2];
  store_nibbles(bytes, packed);
  __builtin_memcpy(to, packed, static_cast<std::size_t>((tail.elements + 1) / 2));
}

}  // namespace
}  // namespace arbiter::ARBITER_ISA
