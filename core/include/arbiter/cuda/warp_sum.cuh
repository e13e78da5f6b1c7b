#pragma once

namespace arbiter::cuda {

/// The sum of `value` over the warp, the same bits in every lane. Convergent.
__device__ __forceinline__ float sum_over_warp(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(0xffffffffU, value, distance);
  return value;
}

}  // namespace arbiter::cuda
