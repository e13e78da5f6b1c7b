#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// The sum of `value` over the block, the same bits in every thread and for every block of the same size. All threads
/// call it; blockDim.x is a multiple of 32, up to 1024.
__device__ __forceinline__ float block_sum(float value) {
  __shared__ float of_warps[32];
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(0xffffffffU, value, distance);
  const unsigned warps = blockDim.x / 32;
  if (warps == 1) return value;
  __syncthreads();  // the sums of the call before may still be read
  if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = value;
  __syncthreads();
  const unsigned lane = threadIdx.x % 32;
  float total = lane < warps ? of_warps[lane] : 0.0F;
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) total += __shfl_xor_sync(0xffffffffU, total, distance);
  return total;
}

}  // namespace arbiter::cuda
