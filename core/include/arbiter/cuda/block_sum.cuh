#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// Sums over a block, one after another. All threads make every call; blockDim.x is a multiple of 32, up to 1024.
class BlockSums {
 public:
  /// The sum of `value`, the same bits in every thread, and for every block of the same size.
  __device__ __forceinline__ float sum(float value) {
    // Two turns, so that one barrier is enough: a thread writes again to what all have read before the barrier between.
    __shared__ float4 of_warps[2][most_warps / 4];
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(0xffffffffU, value, distance);
    const unsigned warps = blockDim.x / 32;
    if (warps == 1) return value;
    auto* const parts = reinterpret_cast<float*>(of_warps[turn_]);
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
    // The last warp fills its group of four up.
    if (threadIdx.x >= blockDim.x - 4 && threadIdx.x + 4 - blockDim.x + warps < (warps + 3) / 4 * 4) {
      parts[threadIdx.x + 4 - blockDim.x + warps] = 0.0F;
    }
    __syncthreads();
    float total = 0.0F;
    for (unsigned i = 0; i < (warps + 3) / 4; ++i) {
      const float4 four = of_warps[turn_][i];
      total += (four.x + four.y) + (four.z + four.w);
    }
    turn_ ^= 1U;
    return total;
  }

 private:
  static constexpr unsigned most_warps = 32;
  unsigned turn_ = 0;
};

}  // namespace arbiter::cuda
