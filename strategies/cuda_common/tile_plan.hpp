// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "arbiter/problem.hpp"
#include "cuda_common/tile_arguments.hpp"

namespace arbiter::cuda {

/// The trigger of that name: early, late, none.
[[nodiscard]] std::optional<Trigger> trigger_named(std::string_view name);

/// How a message is cut into tiles (cuda_common/tiles.cuh), and which kernel works on them. The same on every rank.
struct TilePlan {
  bool whole_rows = true;  ///< tiles are rows (RowTiles); else runs of neighbouring vectors across rows (FlatTiles)
  unsigned block = 32;     ///< threads per block
  int per_thread = 1;      ///< vectors per thread in registers, 1..most_per_thread(); 0: the tile is in shared memory
  int blocks = 1;          ///< blocks that share a tile, as a cluster: 1, 2 or 4
  int vectors_per_row = 0;
  int per_tile = 0;  ///< vectors, hence slots, per tile
  std::int64_t tiles = 0;
  bool has_aligned_kernel = true;  ///< there is a second kernel, for aligned vectors (VectorPlace::aligned)
  bool exclusive_sm = false;       ///< Launch::exclusive_sm
  bool programmatic = false;       ///< Launch::programmatic
  Trigger trigger = Trigger::early;

  static constexpr int largest_block = 512;  ///< threads; each then has up to 128 registers
  static constexpr int wide_block = 256;     ///< threads of a block with its tile in shared memory
  static constexpr int vector_bytes = 16;
  /// Shared memory that a tile may take; every supported GPU gives a block as much.
  static constexpr std::int64_t most_shared_bytes = std::int64_t{96} * 1024;

  /// Vectors of a row that a thread of `largest_block` has registers for.
  [[nodiscard]] static int most_per_thread(int tp_size) { return tp_size == 2 ? 4 : tp_size <= 4 ? 3 : 1; }
  /// The most elements that a row may have.
  [[nodiscard]] static std::int64_t largest_hidden_size(DType dtype) { return most_shared_bytes / size_of(dtype); }

  /// Dynamic shared memory per block.
  [[nodiscard]] unsigned shared_bytes() const {
    return per_thread > 0 ? 0 : static_cast<unsigned>(vectors_per_row * vector_bytes);
  }
  /// Whether one block per multiprocessor is faster in programmatic launches. Measured on 2 H200 (docs/kernels.md).
  [[nodiscard]] bool prefers_exclusive_sm(int multiprocessors) const;
  /// The plan's part of a kernel's name: "rows2", "pair", "quad", "wide", "flat".
  [[nodiscard]] std::string name() const;
};

/// Vectors per row; the last may be partial.
[[nodiscard]] std::int64_t vectors_in_row(const Problem& problem);

/// The parameters of a strategy whose kernels work on tiles, as values (cuda_common/tile_options.hpp).
struct TileParameters {
  bool programmatic = true;
  bool batch_invariant = true;
  Trigger trigger = Trigger::early;
  int target_blocks = 128;
  int flat_block = 512;
  int blocks_per_row = 0;       ///< 0: automatic
  int exclusive_sm = -1;        ///< 0, 1; -1: automatic
  bool polls_together = false;  ///< no choice: at two ranks a thread polls for both of its vectors at once (ONESHOT)
};

/// How many blocks should share a row of that many vectors; `parameters` has their launch and numerics. Measured on
/// 2 H200 (docs/kernels.md); kernels for six and eight ranks have no registers for rows with more vectors than a block
/// has threads.
[[nodiscard]] int blocks_for_row(int tp_size, std::int64_t vectors, std::int64_t rows, int multiprocessors,
                                 const TileParameters& parameters);

/// What plan_tiles() may choose from.
struct TileSettings {
  /// Where rows may be cut, a small message is spread over as many blocks, because a single multiprocessor does not
  /// fill a link.
  int target_blocks = 128;
  int most_flat_threads = 512;  ///< per block, where rows may be cut
  int blocks_per_row = 1;       ///< at most as many share a row that must not be cut
  bool programmatic = true;     ///< without, a block has at least 128 threads where rows may be cut
};

/// The plan, with `exclusive_sm` false. `needs_row`: DeviceEpilogue::needs_row.
[[nodiscard]] TilePlan plan_tiles(const Problem& problem, bool needs_row, const TileSettings& settings);

/// What a plan depends on besides the problem.
struct DeviceTraits {
  int multiprocessors;
  bool has_clusters;  ///< and programmatic launches: sm_90 and later
};

/// The complete plan. `traits`: those that the devices of all ranks have.
[[nodiscard]] TilePlan complete_plan(const Problem& problem, bool needs_row, const TileParameters& parameters,
                                     const DeviceTraits& traits);

}  // namespace arbiter::cuda
