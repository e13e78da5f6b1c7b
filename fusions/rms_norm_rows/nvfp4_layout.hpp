#pragma once

#include <cstdint>

#include "rms_norm_rows/device_arithmetic.hpp"

namespace arbiter {

inline constexpr std::int64_t nvfp4_block = 16;

/// Where the scale of a token's 16-element block is kept.
/// linear: row major, num_tokens x blocks.
/// swizzled: as cuBLAS and CUTLASS read block scales: tiles of 128 rows x 4 columns, tiles row major, rows and columns
/// padded to whole tiles; within a tile, row r and column c are at (r % 32) * 16 + (r / 32) * 4 + c.
enum class ScaleLayout : std::uint8_t { linear, swizzled };

/// Scales of one tensor of num_tokens x hidden_size elements, and where they are. In bytes: a scale is one e4m3.
struct Nvfp4Scales {
  ScaleLayout layout = ScaleLayout::swizzled;
  std::int64_t num_tokens = 0;
  std::int64_t blocks = 0;  ///< per row

  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t tile_columns() const { return (blocks + 3) / 4; }
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t bytes() const {
    return layout == ScaleLayout::linear ? num_tokens * blocks : (num_tokens + 127) / 128 * tile_columns() * 512;
  }
  /// Columns of a row that exist in memory; those from `blocks` on are padding and hold zero.
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t columns() const {
    return layout == ScaleLayout::linear ? blocks : tile_columns() * 4;
  }
  /// Block `b` of a row is at row_offset + (b / 4) * column_group_stride + b % 4.
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t row_offset(std::int64_t row) const {
    if (layout == ScaleLayout::linear) return row * blocks;
    return row / 128 * tile_columns() * 512 + row % 32 * 16 + row % 128 / 32 * 4;
  }
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t column_group_stride() const {
    return layout == ScaleLayout::linear ? 4 : 512;
  }
  [[nodiscard]] ARBITER_HOST_DEVICE std::int64_t offset(std::int64_t row, std::int64_t block) const {
    return row_offset(row) + block / 4 * column_group_stride() + block % 4;
  }
};

}  // namespace arbiter
