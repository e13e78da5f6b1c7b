#pragma once

#include <cstdint>
#include <type_traits>

#include "arbiter/cuda/cluster_sum.cuh"
#include "arbiter/cuda/warp_sum.cuh"

namespace arbiter::cuda {

/// Sums over a block, one after another. All threads make every call, and meet in a barrier between the constructor and
/// the first; blockDim.x is a multiple of 32, up to 512.
class BlockSums {
 public:
  __device__ __forceinline__ BlockSums() {
    if (threadIdx.x < 2 * most_warps / 4) of_warps()[threadIdx.x] = make_float4(0.0F, 0.0F, 0.0F, 0.0F);
  }

  __device__ __forceinline__ void open() {}

  /// The sum of `value`, the same bits in every thread, and for every block of the same size.
  __device__ __forceinline__ float sum(float value) {
    value = sum_over_warp(value);
    // Two turns, so that one barrier is enough: a thread writes again to what all have read before the barrier between.
    float4* const parts = of_warps() + turn_;
    turn_ ^= most_warps / 4;
    if (threadIdx.x % 32 == 0) reinterpret_cast<float*>(parts)[threadIdx.x / 32] = value;
    __syncthreads();
    // Always of all warps there can be: the loads need not wait for how many there are.
    float sums[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) sums[i] = (parts[i].x + parts[i].y) + (parts[i].z + parts[i].w);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }

 private:
  static constexpr unsigned most_warps = 16;

  __device__ __forceinline__ static float4* of_warps() {
    __shared__ float4 parts[2 * most_warps / 4];
    return parts;
  }

  unsigned turn_ = 0;
};

/// For strips whose rows may be cut: nothing is summed.
struct NoSums {
  __device__ __forceinline__ void open() {}
};

/// Of the rows of `Strips` (arbiter/cuda/message_layout.cuh). All threads call open() before the first sum().
template <class Strips>
using RowSums = std::conditional_t<!Strips::whole_rows, NoSums,
                                   std::conditional_t<Strips::blocks == 1, BlockSums, ClusterSums<Strips::blocks>>>;

}  // namespace arbiter::cuda
