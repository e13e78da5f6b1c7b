#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "arbiter/problem.hpp"

namespace arbiter::cuda {

/// How the host cuts a message for a kernel that uses arbiter/cuda/message_layout.cuh: the same on every rank, if their
/// devices are of one kind.
struct TilePlan {
  bool whole_rows = true;  ///< RowTiles, else FlatTiles
  unsigned block = 32;     ///< threads
  int per_thread = 1;      ///< vectors in registers, 1..most_per_thread(); 0: the tile is in shared memory
  int blocks = 1;          ///< that share a tile, as a cluster: 1, 2 or 4
  int vectors_per_row = 0;
  int per_tile = 0;  ///< slots a tile takes
  std::int64_t tiles = 0;
  bool has_aligned_kernel = true;  ///< there is a second kernel, for aligned vectors
  bool exclusive_sm = false;       ///< each block has a multiprocessor for itself
  bool programmatic = false;       ///< programmatic dependent launch

  static constexpr int largest_block = 512;  // 128 registers for each thread
  static constexpr int wide_block = 256;
  static constexpr int vector_bytes = 16;
  /// What a tile may take of the shared memory that every supported GPU gives a block.
  static constexpr std::int64_t most_shared_bytes = std::int64_t{96} * 1024;

  /// Vectors of a row that a thread of `largest_block` has registers for.
  [[nodiscard]] static int most_per_thread(int tp_size) { return tp_size < 4 ? 4 : tp_size < 8 ? 3 : 1; }
  /// The most elements a row may have.
  [[nodiscard]] static std::int64_t largest_hidden_size(DType dtype) { return most_shared_bytes / size_of(dtype); }

  [[nodiscard]] unsigned shared_bytes() const {
    return per_thread > 0 ? 0 : static_cast<unsigned>(vectors_per_row * vector_bytes);
  }
  /// Measured on 2 H200 (docs/kernels.md).
  [[nodiscard]] bool prefers_exclusive_sm(int multiprocessors) const {
    const std::int64_t all = tiles * blocks;
    const std::int64_t largest_blocks = all * block / largest_block;
    // The next kernel's blocks wait on other multiprocessors, as long as there are any.
    if (all <= multiprocessors) return whole_rows ? all >= multiprocessors / 8 : block >= 64 && block <= 128;
    // So few tiles for each that two blocks are in each other's way; of more, a second one hides the first's waits.
    return block >= 256 && 2 * all > 3 * std::int64_t{multiprocessors} &&
           largest_blocks <= 4 * std::int64_t{multiprocessors};
  }

  /// "rows2", "pair", "quad", "wide", "flat": the part of a kernel's name.
  [[nodiscard]] std::string name() const {
    if (!whole_rows) return "flat";
    if (blocks > 1) return blocks == 2 ? "pair" : "quad";
    return per_thread > 0 ? "rows" + std::to_string(per_thread) : "wide";
  }
};

/// The last may be partial.
[[nodiscard]] inline std::int64_t vectors_in_row(const Problem& problem) {
  const std::int64_t vector = TilePlan::vector_bytes / size_of(problem.dtype);
  return (problem.hidden_size + vector - 1) / vector;
}

/// How many blocks a row is better shared by. Measured on 2 H200 (docs/kernels.md); kernels of eight ranks have no
/// registers for rows of more than a block's threads.
[[nodiscard]] inline int blocks_for_row(int tp_size, std::int64_t vectors, std::int64_t rows, int multiprocessors) {
  constexpr std::int64_t threads = TilePlan::largest_block;
  const bool each_has_two = 2 * rows <= multiprocessors;
  if (vectors <= threads / 2 || vectors > 4 * threads) return 1;
  if (vectors <= threads) return each_has_two ? 2 : 1;
  const bool in_registers = vectors <= threads * TilePlan::most_per_thread(tp_size);
  if (vectors <= 2 * threads) return in_registers && !each_has_two && rows <= multiprocessors ? 1 : 2;
  return rows <= (in_registers ? multiprocessors / 16 : multiprocessors) ? 4 : 1;
}

/// `needs_row` is the epilogue's. `target_blocks` is how many blocks a small message is target_blocks over where rows
/// may be cut: one multiprocessor exclusive_sm does not fill a link. `flat_block` bounds the threads of such a block.
/// `blocks` may share a row where it must not be cut.
[[nodiscard]] inline TilePlan plan_tiles(const Problem& problem, bool needs_row, int target_blocks, int flat_block,
                                         int blocks = 1) {
  constexpr std::int64_t warp = 32;
  const auto whole_warps = [](std::int64_t threads) { return (threads + warp - 1) / warp * warp; };
  const std::int64_t width = vectors_in_row(problem);
  TilePlan plan;
  plan.whole_rows = needs_row;
  plan.vectors_per_row = static_cast<int>(width);
  if (needs_row) {
    const std::int64_t each = (width + TilePlan::largest_block - 1) / TilePlan::largest_block;
    if (blocks > 1 && each <= blocks) {
      plan.blocks = blocks;
      plan.block = static_cast<unsigned>(whole_warps((width + blocks - 1) / blocks));
    } else {
      plan.per_thread = each <= TilePlan::most_per_thread(problem.tp_size) ? static_cast<int>(each) : 0;
      plan.block = plan.per_thread > 0 ? static_cast<unsigned>(whole_warps((width + each - 1) / each))
                                       : static_cast<unsigned>(TilePlan::wide_block);
    }
    plan.has_aligned_kernel = plan.per_thread > 0;
    plan.per_tile = plan.vectors_per_row;
    plan.tiles = problem.num_tokens;
  } else {
    const std::int64_t vectors = width * problem.num_tokens;
    plan.block = static_cast<unsigned>(
        std::clamp<std::int64_t>(whole_warps((vectors + target_blocks - 1) / target_blocks), warp, flat_block));
    plan.per_tile = static_cast<int>(plan.block);
    plan.tiles = (vectors + plan.block - 1) / plan.block;
  }
  return plan;
}

}  // namespace arbiter::cuda
