#pragma once

/// How a message is cut into tiles, each of which `blocks` blocks (more than one are a cluster) work on at a time. A
/// tile has `vectors()` vectors; thread t of a block works on vectors t, t + blockDim.x, ... from first() on. `Aligned`
/// is VectorPlace::aligned. Slots and tiles are counted in 32 bits: a message has less than 2^31 vectors.

#include "arbiter/cuda/epilogue.cuh"
#include "arbiter/cuda/row_sum.cuh"
#include "cuda_common/tile_arguments.hpp"

namespace arbiter::cuda {

/// Tiles that are token rows: for epilogues that need the aligned row. Of several blocks each has one vector a thread.
template <bool Aligned, int Blocks = 1>
class RowTiles {
 public:
  static constexpr bool whole_rows = true;
  static constexpr unsigned blocks = Blocks;

  __device__ __forceinline__ explicit RowTiles(const TileArguments& message) : message_(message) {}
  __device__ __forceinline__ std::uint32_t count() const { return static_cast<std::uint32_t>(message_.num_tokens); }
  __device__ __forceinline__ std::uint32_t vectors() const { return message_.vectors_per_row; }
  __device__ __forceinline__ std::uint32_t first() const {
    if constexpr (Blocks == 1) return 0;
    return block_in_cluster() * blockDim.x;
  }
  /// Behind this block's last.
  __device__ __forceinline__ std::uint32_t last() const {
    if constexpr (Blocks == 1) return vectors();
    return first() + blockDim.x;
  }
  /// Vector `v` of a tile; `count` is 0 behind its end.
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

/// Tiles of blockDim.x neighbouring vectors, across rows: for epilogues that look at single elements.
template <bool Aligned>
class FlatTiles {
 public:
  static constexpr bool whole_rows = false;
  static constexpr unsigned blocks = 1;

  __device__ __forceinline__ explicit FlatTiles(const TileArguments& message)
      : message_(message), vectors_(static_cast<std::uint32_t>(message.num_tokens) * message.vectors_per_row) {}
  __device__ __forceinline__ std::uint32_t count() const { return (vectors_ + blockDim.x - 1) / blockDim.x; }
  __device__ __forceinline__ std::uint32_t vectors() const { return blockDim.x; }
  __device__ __forceinline__ std::uint32_t first() const { return 0; }
  __device__ __forceinline__ std::uint32_t last() const { return blockDim.x; }
  __device__ __forceinline__ VectorPlace place(std::uint32_t tile, std::uint32_t v) const {
    const std::uint32_t flat = tile * blockDim.x + v;
    const bool inside = flat < vectors_;
    // Divided only if the epilogue asks for row or column: otherwise the offset needs neither.
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

/// What begin() leaves for finish(), of the vectors of this thread. In registers: `PerThread` of them.
template <int PerThread>
class TileState {
 public:
  static constexpr bool in_registers = true;
  static constexpr bool one_vector = PerThread == 1;  ///< for each thread
  __device__ __forceinline__ explicit TileState(std::uint32_t /*vectors*/, std::uint32_t first) : first_(first) {}
  /// Calls work(v, epilogue_state, inputs) for each vector v of this thread, also behind the tile's end, so that warps
  /// stay together.
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

/// In dynamic shared memory, for tiles of any width; inputs do not last from one call of each() to the next.
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
    // Not unrolled: a few long rows do not pay for the registers.
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

}  // namespace arbiter::cuda
