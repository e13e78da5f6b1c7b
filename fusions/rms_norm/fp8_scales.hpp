// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Scales of e4m3 values that depend on the data, one per token or one per group of 128 elements of a token: their
/// arithmetic and the order of group scales in memory. For host and device compilers.

#include <cstdint>

#include "rms_norm/device_arithmetic.hpp"

namespace arbiter {

/// The bounds of vLLM and FlashInfer, which keep scales of zeros from being zero: the smallest e4m3 value over the
/// largest for a token, and 1e-10 for a group.
inline constexpr float smallest_token_scale = 1.0F / (448.0F * 512.0F);
inline constexpr float smallest_group_scale = 1e-10F;

inline constexpr std::int64_t fp8_group = 128;

/// The order of group scales in memory.
enum class GroupScaleLayout : std::uint8_t {
  row_major,     ///< fp32, num_tokens x groups: Triton kernels
  column_major,  ///< fp32, groups x num_tokens: CUTLASS
  /// Column major with columns that start at multiples of 16 bytes, as TMA asks: DeepGEMM on Hopper.
  tma_aligned,
  /// UE8M0, four neighbouring groups of a token in a word of 32 bits, the first in the lowest byte; words as
  /// tma_aligned, and groups that the last word of a row lacks are zero: DeepGEMM on Blackwell.
  packed,
};

/// The number of groups of a row; the last one may be shorter.
[[nodiscard]] ARBITER_HOST_DEVICE std::uint32_t fp8_groups(std::int64_t hidden_size) {
  constexpr auto elements = static_cast<std::uint32_t>(fp8_group);
  return (static_cast<std::uint32_t>(hidden_size) + elements - 1) / elements;
}

/// The group scales of a num_tokens x hidden_size tensor. Offsets are in bytes; a scale is at row_offset() +
/// column_offset(). Columns are counted in 32 bits, which suffices for tensors of 2^36 elements.
struct GroupScales {
  GroupScaleLayout layout = GroupScaleLayout::packed;
  std::int64_t num_tokens = 0;
  std::uint32_t blocks = 0;  ///< groups per row

  [[nodiscard]] ARBITER_HOST_DEVICE bool packed() const { return layout == GroupScaleLayout::packed; }
  /// Columns of a row in memory; those from `blocks` are padding and hold zero.
  [[nodiscard]] ARBITER_HOST_DEVICE std::uint32_t columns() const { return packed() ? (blocks + 3) / 4 * 4 : blocks; }
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t bytes() const {
    if (packed()) return static_cast<std::int64_t>(columns() / 4) * column_stride();
    return layout == GroupScaleLayout::row_major ? num_tokens * blocks * 4
                                                 : static_cast<std::int64_t>(blocks) * column_stride();
  }
  /// From one column of words to the next; packed: of four columns.
  [[nodiscard]] ARBITER_HOST_DEVICE std::uint32_t column_stride() const {
    if (layout == GroupScaleLayout::row_major) return 4;
    const auto tokens = static_cast<std::uint32_t>(num_tokens);
    return 4 * (layout == GroupScaleLayout::column_major ? tokens : (tokens + 3) / 4 * 4);
  }
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t row_offset(std::uint32_t row) const {
    const std::uint32_t words = layout == GroupScaleLayout::row_major ? blocks : 1U;
    return static_cast<std::int64_t>(std::uint64_t{row} * words * 4);
  }
  [[nodiscard]] ARBITER_HOST_DEVICE std::uint32_t column_offset(std::uint32_t group) const {
    return packed() ? group / 4 * column_stride() + group % 4 : group * column_stride();
  }
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t offset(std::uint32_t row, std::uint32_t group) const {
    return row_offset(row) + column_offset(group);
  }
};

namespace device {

/// The scale of elements whose largest magnitude is `largest`; NaN for NaN.
ARBITER_HOST_DEVICE float fp8_scale(float largest, float smallest_scale) {
  return larger_magnitude(product(largest, 1.0F / 448.0F), smallest_scale);
}

/// The least power of two from a positive `scale` up; infinity for infinity and NaN. Its bits from 23 on are its UE8M0
/// code, for which 255 is NaN.
ARBITER_HOST_DEVICE float rounded_up_to_power(float scale) {
  constexpr std::uint32_t infinity = 0x7f800000U;
  const std::uint32_t bits = bits_of(scale);
  return float_of(((bits < infinity ? bits : infinity) + 0x7fffffU) & infinity);
}

}  // namespace device

}  // namespace arbiter
