#pragma once

/// How a message is cut into strips, each of which one block works on at a time. A strip has `vectors()` vectors;
/// thread t works on vectors t, t + blockDim.x, ... of it.

#include "arbiter/cuda/epilogue.cuh"

namespace arbiter::cuda {

/// A message as a kernel parameter sees it. A row is `vectors_per_row` vectors; the last of a row may be partial.
struct MessageShape {
  std::int64_t num_tokens;
  std::int64_t hidden_size;
  int vectors_per_row;
};

/// Strips that are token rows: for epilogues that need the whole row.
class RowStrips {
 public:
  static constexpr bool whole_rows = true;

  __device__ __forceinline__ explicit RowStrips(const MessageShape& shape) : shape_(shape) {}
  __device__ __forceinline__ std::int64_t count() const { return shape_.num_tokens; }
  __device__ __forceinline__ int vectors() const { return shape_.vectors_per_row; }
  /// Vector `v` of a strip; `count` is 0 behind its end.
  __device__ __forceinline__ VectorPlace place(std::int64_t strip, int v) const {
    const int column = v * vector_elements;
    const int left = static_cast<int>(shape_.hidden_size) - column;
    return {strip, column, left <= 0 ? 0 : (left < vector_elements ? left : vector_elements)};
  }

 private:
  MessageShape shape_;
};

/// Strips of blockDim.x neighbouring vectors, across rows: for epilogues that look at single elements.
class FlatStrips {
 public:
  static constexpr bool whole_rows = false;

  __device__ __forceinline__ explicit FlatStrips(const MessageShape& shape)
      : shape_(shape), vectors_(shape.num_tokens * shape.vectors_per_row) {}
  __device__ __forceinline__ std::int64_t count() const { return (vectors_ + blockDim.x - 1) / blockDim.x; }
  __device__ __forceinline__ int vectors() const { return static_cast<int>(blockDim.x); }
  __device__ __forceinline__ VectorPlace place(std::int64_t strip, int v) const {
    const std::int64_t flat = strip * blockDim.x + v;
    if (flat >= vectors_) return {0, 0, 0};
    std::int64_t row;
    int in_row;
    if (vectors_ <= 0x7fffffff) {
      const auto small = static_cast<std::uint32_t>(flat);
      const auto width = static_cast<std::uint32_t>(shape_.vectors_per_row);
      row = small / width;
      in_row = static_cast<int>(small % width);
    } else {
      row = flat / shape_.vectors_per_row;
      in_row = static_cast<int>(flat % shape_.vectors_per_row);
    }
    const int column = in_row * vector_elements;
    const int left = static_cast<int>(shape_.hidden_size) - column;
    return {row, column, left < vector_elements ? left : vector_elements};
  }

 private:
  MessageShape shape_;
  std::int64_t vectors_;
};

/// What begin() leaves for finish(), of the vectors of this thread. In registers: `PerThread` of them.
template <int PerThread>
class CarriedStrip {
 public:
  static constexpr bool in_registers = true;
  __device__ __forceinline__ explicit CarriedStrip(int /*vectors*/) {}
  /// Calls work(v, carried, inputs) for each vector v of this thread, also behind the strip's end, so that warps stay
  /// together.
  template <class Work>
  __device__ __forceinline__ void each(const Work& work) {
#pragma unroll
    for (int i = 0; i < PerThread; ++i) {
      work(static_cast<int>(threadIdx.x + i * blockDim.x), carried_[i], inputs_[i]);
    }
  }

 private:
  Packed carried_[PerThread];
  EpilogueInputs inputs_[PerThread];
};

/// In dynamic shared memory, for strips of any width; inputs do not last from one call of each() to the next.
template <>
class CarriedStrip<0> {
 public:
  static constexpr bool in_registers = false;
  __device__ __forceinline__ explicit CarriedStrip(int vectors) : vectors_(vectors) {}
  template <class Work>
  __device__ __forceinline__ void each(const Work& work) {
    extern __shared__ uint4 arbiter_carried[];
    auto* const kept = reinterpret_cast<Packed*>(arbiter_carried);
    // Not unrolled: a few long rows do not pay for the registers.
#pragma unroll 1
    for (int first = 0; first < vectors_; first += static_cast<int>(blockDim.x)) {
      const int v = first + static_cast<int>(threadIdx.x);
      EpilogueInputs inputs;
      Packed carried = v < vectors_ ? kept[v] : zeros();
      work(v, carried, inputs);
      if (v < vectors_) kept[v] = carried;
    }
  }

 private:
  int vectors_;
};

}  // namespace arbiter::cuda
