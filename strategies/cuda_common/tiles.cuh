// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How kernels cut a message into tiles, and the list of kernels of a strategy that works on tiles.
///
/// A tile has vectors() vectors of 16 bytes. `blocks` blocks work on a tile at a time (more than one are a cluster); in
/// each, thread t works on the vectors first() + t, first() + t + blockDim.x, ... before last(). `Aligned` becomes
/// VectorPlace::aligned. Vectors are counted in 32 bits: a message has less than 2^31. Nothing here synchronises.

#include <type_traits>

#include "arbiter/cuda/epilogue.cuh"
#include "arbiter/cuda/row_sum.cuh"
#include "cuda_common/tile_arguments.hpp"

namespace arbiter::cuda {

/// A tile is a token row: for epilogues that need the row. If several blocks share a row, each thread has one vector.
template <bool Aligned, int Blocks = 1>
class RowTiles {
 public:
  static constexpr bool whole_rows = true;
  static constexpr bool aligned = Aligned;
  static constexpr unsigned blocks = Blocks;

  __device__ __forceinline__ explicit RowTiles(const TileArguments& message) : message_(message) {}
  __device__ __forceinline__ std::uint32_t count() const { return static_cast<std::uint32_t>(message_.num_tokens); }
  __device__ __forceinline__ std::uint32_t vectors() const { return message_.vectors_per_row; }
  __device__ __forceinline__ std::uint32_t first() const {
    if constexpr (Blocks == 1) return 0;
    return block_in_cluster() * blockDim.x;
  }
  /// One past this block's last vector.
  __device__ __forceinline__ std::uint32_t last() const {
    if constexpr (Blocks == 1) return vectors();
    return first() + blockDim.x;
  }
  /// Whether the message has the vector at `place` of a tile.
  __device__ __forceinline__ bool has(std::uint32_t tile, const VectorPlace& place) const {
    return tile < count() && place.count != 0;
  }
  /// Vector `v` of a tile; `count` is 0 from the tile's end on.
  __device__ __forceinline__ VectorPlace place(std::uint32_t tile, std::uint32_t v) const {
    const int column = static_cast<int>(v) * vector_elements;
    if constexpr (Aligned) {
      const std::uint32_t flat = tile * message_.vectors_per_row + v;
      const int count = v < message_.vectors_per_row ? vector_elements : 0;
      return {tile, column, count, static_cast<std::int64_t>(flat) * vector_elements, true};
    } else {
      const int left = static_cast<int>(message_.hidden_size) - column;
      const int count = left <= 0 ? 0 : (left < vector_elements ? left : vector_elements);
      return place_in_row(tile, column, count, message_.hidden_size);
    }
  }

 private:
  const TileArguments& message_;
};

/// A tile is blockDim.x neighbouring vectors, across rows: for epilogues that need single elements only.
template <bool Aligned>
class FlatTiles {
 public:
  static constexpr bool whole_rows = false;
  static constexpr bool aligned = Aligned;
  static constexpr unsigned blocks = 1;

  __device__ __forceinline__ explicit FlatTiles(const TileArguments& message)
      : message_(message), vectors_(static_cast<std::uint32_t>(message.num_tokens) * message.vectors_per_row) {}
  __device__ __forceinline__ std::uint32_t count() const { return (vectors_ + blockDim.x - 1) / blockDim.x; }
  __device__ __forceinline__ std::uint32_t vectors() const { return blockDim.x; }
  __device__ __forceinline__ std::uint32_t first() const { return 0; }
  __device__ __forceinline__ std::uint32_t last() const { return blockDim.x; }
  /// As above, without the division of count(), for which the first load would have to wait.
  __device__ __forceinline__ bool has(std::uint32_t /*tile*/, const VectorPlace& place) const {
    return place.count != 0;
  }
  __device__ __forceinline__ VectorPlace place(std::uint32_t tile, std::uint32_t v) const {
    const std::uint32_t flat = tile * blockDim.x + v;
    const bool inside = flat < vectors_;
    // Removed by the compiler unless the epilogue uses row or column; the offset needs neither.
    const std::uint32_t row = flat / message_.vectors_per_row;
    const int column = static_cast<int>(flat % message_.vectors_per_row) * vector_elements;
    if constexpr (Aligned) {
      return {row, column, inside ? vector_elements : 0, static_cast<std::int64_t>(flat) * vector_elements, true};
    } else {
      if (!inside) return {0, 0, 0, 0, false};
      const int left = static_cast<int>(message_.hidden_size) - column;
      return place_in_row(row, column, left < vector_elements ? left : vector_elements, message_.hidden_size);
    }
  }

 private:
  const TileArguments& message_;
  std::uint32_t vectors_;
};

/// The epilogue's state and inputs of this thread's vectors of a tile, from begin() to finish(). In registers:
/// `PerThread` vectors.
template <int PerThread>
class TileState {
 public:
  static constexpr bool in_registers = true;
  static constexpr bool one_vector = PerThread == 1;  ///< per thread
  __device__ __forceinline__ explicit TileState(std::uint32_t /*vectors*/, std::uint32_t first) : first_(first) {}
  /// Calls work(v, epilogue_state, inputs) for each vector v of this thread, also past the tile's end, so that warps
  /// stay converged.
  template <class Work>
  __device__ __forceinline__ void each(const Work& work) {
#pragma unroll
    for (unsigned i = 0; i < PerThread; ++i)
      work(first_ + threadIdx.x + i * blockDim.x, epilogue_state_[i], inputs_[i]);
  }

 private:
  std::uint32_t first_;
  Packed epilogue_state_[PerThread];
  EpilogueInputs inputs_[PerThread];
};

/// In dynamic shared memory, for tiles of any width; inputs are lost between calls of each().
template <>
class TileState<0> {
 public:
  static constexpr bool in_registers = false;
  static constexpr bool one_vector = false;
  __device__ __forceinline__ explicit TileState(std::uint32_t vectors, std::uint32_t /*first*/) : vectors_(vectors) {}
  template <class Work>
  __device__ __forceinline__ void each(const Work& work) {
    extern __shared__ uint4 arbiter_tile_state[];
    auto* const kept = reinterpret_cast<Packed*>(arbiter_tile_state);
    // Not unrolled: it would cost registers, and few rows are as long.
#pragma unroll 1
    for (std::uint32_t first = 0; first < vectors_; first += blockDim.x) {
      const std::uint32_t v = first + threadIdx.x;
      EpilogueInputs inputs;
      Packed epilogue_state = v < vectors_ ? kept[v] : zeros();
      work(v, epilogue_state, inputs);
      if (v < vectors_) kept[v] = epilogue_state;
    }
  }

 private:
  std::uint32_t vectors_;
};

/// For tiles that may cut rows: nothing is summed.
struct NoSums {
  __device__ __forceinline__ explicit NoSums(bool /*with_maximum*/) {}
  __device__ __forceinline__ void open(const SpinBound& /*bound*/, std::uint32_t /*epoch*/) {}
};

/// How many parts of a row's values a thread has. Of two vectors each is a part, so that a row has the same bits in a
/// block whose threads have two as in two blocks whose threads have one.
template <int PerThread>
inline constexpr int row_parts = PerThread == 2 ? 2 : 1;

/// The sums that a tile type needs. `Tiles::whole_rows`: a tile is a row; `Tiles::blocks`: how many blocks share a
/// tile. All threads call open() before the first sum().
template <class Tiles, int PerThread>
using RowSums = std::conditional_t<
    !Tiles::whole_rows, NoSums,
    std::conditional_t<Tiles::blocks == 1, BlockSums<row_parts<PerThread>>, ClusterSums<Tiles::blocks>>>;

/// How many blocks of a kernel a multiprocessor must hold: while one waits, the other sends. That leaves 64 registers
/// to a thread of a block of 512.
template <int Ranks, int PerThread, class Tiles>
inline constexpr int blocks_at_once = PerThread == 1 && Tiles::blocks == 1 && Ranks <= 4 &&
                                              (Tiles::aligned || !Tiles::whole_rows)
                                          ? 2
                                          : 1;

/// What finish() takes besides a row's vectors; zeros where a tile may cut rows.
struct RowScalars {
  float scalar = 0.0F;
  float maximum = 0.0F;
};

/// The scalars of a row from its statistic and its maximum, of which each thread has `Parts` parts. All threads of the
/// row group call it.
template <class Sums, int Parts>
__device__ __forceinline__ RowScalars scalars_of_row(const EpilogueArguments& epilogue, Sums& sums,
                                                     const RowValues (&parts)[Parts]) {
  if (!arbiter_epilogue_needs_maximum()) return {arbiter_epilogue_scalar(epilogue, sums.sum(parts)), 0.0F};
  const RowValues row = sums.sum_and_maximum(parts);
  return {arbiter_epilogue_scalar(epilogue, row.sum), row.maximum};
}

/// Adds this thread's vector `i` of the row, whose statistic begin() returned, to its part.
template <int Parts>
__device__ __forceinline__ void add_to(RowValues (&parts)[Parts], int i, float statistic,
                                       const EpilogueArguments& epilogue, const VectorPlace& place,
                                       const EpilogueInputs& inputs, const Packed& epilogue_state) {
  RowValues& part = parts[Parts == 1 ? 0 : i];
  part.sum += statistic;
  if (!arbiter_epilogue_needs_maximum()) return;
  part.maximum = larger_of(part.maximum, arbiter_epilogue_maximum(epilogue, place, inputs, epilogue_state));
}

}  // namespace arbiter::cuda

/// ARBITER_TILE_KERNELS(kernel) expands kernel(ranks, per_thread, tiles, threads, name) for every TilePlan and number
/// of ranks; the macro `kernel` defines one extern "C" __global__ function with `name` in its name. `tiles` is the tile
/// type, `per_thread` the parameter of TileState, `threads` the most threads per block. rows2..4: as many vectors as
/// the 128 registers of a thread in a block of 512 can hold. pair, quad: rows that a cluster of two or four blocks
/// shares; linked for any architecture, launched on sm_90 and later only.
#define ARBITER_TILE_KERNELS(kernel)        \
  ARBITER_TILE_KERNELS_OF_RANKS(kernel, 2)  \
  ARBITER_TILE_KERNELS_OF_RANKS(kernel, 3)  \
  ARBITER_TILE_KERNELS_OF_RANKS(kernel, 4)  \
  ARBITER_TILE_KERNELS_OF_RANKS(kernel, 6)  \
  ARBITER_TILE_KERNELS_OF_RANKS(kernel, 8)  \
  ARBITER_ROW_KERNELS(kernel, 2, 2, rows2_) \
  ARBITER_ROW_KERNELS(kernel, 2, 3, rows3_) \
  ARBITER_ROW_KERNELS(kernel, 2, 4, rows4_) \
  ARBITER_ROW_KERNELS(kernel, 3, 2, rows2_) \
  ARBITER_ROW_KERNELS(kernel, 3, 3, rows3_) \
  ARBITER_ROW_KERNELS(kernel, 4, 2, rows2_) \
  ARBITER_ROW_KERNELS(kernel, 4, 3, rows3_)

#define ARBITER_TILE_KERNELS_OF_RANKS(kernel, ranks)                                                                 \
  kernel(ranks, 1, FlatTiles<false>, 512, flat_##ranks) kernel(ranks, 1, FlatTiles<true>, 512, flat_aligned_##ranks) \
      ARBITER_ROW_KERNELS(kernel, ranks, 1, rows1_) ARBITER_CLUSTER_KERNELS(kernel, ranks, 2, pair_)                 \
          ARBITER_CLUSTER_KERNELS(kernel, ranks, 4, quad_) kernel(ranks, 0, RowTiles<false>, 256, wide_##ranks)

#define ARBITER_ROW_KERNELS(kernel, ranks, per_thread, name)   \
  kernel(ranks, per_thread, RowTiles<false>, 512, name##ranks) \
      kernel(ranks, per_thread, RowTiles<true>, 512, name##aligned_##ranks)

// A comma would end a macro's argument.
#define ARBITER_SHARED_ROWS(aligned, blocks) RowTiles<aligned, blocks>
#define ARBITER_CLUSTER_KERNELS(kernel, ranks, blocks, name)             \
  kernel(ranks, 1, ARBITER_SHARED_ROWS(false, blocks), 512, name##ranks) \
      kernel(ranks, 1, ARBITER_SHARED_ROWS(true, blocks), 512, name##aligned_##ranks)
