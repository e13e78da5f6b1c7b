// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "rms_norm/device_arithmetic.hpp"

namespace arbiter {

inline constexpr std::int64_t nvfp4_block = 16;

/// The order of block scales in memory.
enum class ScaleLayout : std::uint8_t {
  linear,  ///< row major, num_tokens x blocks
  /// That of cuBLAS and CUTLASS: row-major tiles of 128 rows x 4 columns, rows and columns padded to full tiles; within
  /// a tile, row r and column c are at (r % 32) * 16 + (r / 32) * 4 + c.
  swizzled,
};

/// The number of blocks of a row; the last one may be shorter.
[[nodiscard]] ARBITER_HOST_DEVICE std::uint32_t nvfp4_blocks(std::int64_t hidden_size) {
  constexpr auto elements = static_cast<std::uint32_t>(nvfp4_block);
  return (static_cast<std::uint32_t>(hidden_size) + elements - 1) / elements;
}

/// The block of an element of a row.
[[nodiscard]] ARBITER_HOST_DEVICE std::uint32_t nvfp4_block_of(int column) {
  return static_cast<std::uint32_t>(column) / static_cast<std::uint32_t>(nvfp4_block);
}

/// The block scales of a num_tokens x hidden_size tensor, one e4m3 byte each. Rows and blocks are counted in 32 bits,
/// which devices multiply in one instruction.
struct Nvfp4Scales {
  ScaleLayout layout = ScaleLayout::swizzled;
  std::int64_t num_tokens = 0;
  std::uint32_t blocks = 0;  ///< per row

  [[nodiscard]] ARBITER_HOST_DEVICE std::uint32_t tile_columns() const { return (blocks + 3) / 4; }
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t bytes() const {
    return layout == ScaleLayout::linear ? num_tokens * blocks : (num_tokens + 127) / 128 * tile_columns() * tile_bytes;
  }
  /// Columns of a row in memory; those from `blocks` are padding and hold zero.
  [[nodiscard]] ARBITER_HOST_DEVICE std::uint32_t columns() const {
    return layout == ScaleLayout::linear ? blocks : tile_columns() * 4;
  }
  /// A scale is at row_offset() + column_offset(), in bytes.
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t row_offset(std::uint32_t row) const {
    if (layout == ScaleLayout::linear) return static_cast<std::int64_t>(std::uint64_t{row} * blocks);
    const std::uint32_t bytes_of_tile_row = tile_columns() * tile_bytes;
    const std::uint32_t in_tile = row % 32 * 16 + row % 128 / 32 * 4;
    return static_cast<std::int64_t>(std::uint64_t{row / 128} * bytes_of_tile_row + in_tile);
  }
  [[nodiscard]] ARBITER_HOST_DEVICE std::uint32_t column_group_stride() const {
    return layout == ScaleLayout::linear ? 4 : tile_bytes;
  }
  [[nodiscard]] ARBITER_HOST_DEVICE std::uint32_t column_offset(std::uint32_t block) const {
    return block / 4 * column_group_stride() + block % 4;
  }
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t offset(std::uint32_t row, std::uint32_t block) const {
    return row_offset(row) + column_offset(block);
  }

  static constexpr std::uint32_t tile_bytes = 512;
};

}  // namespace arbiter
