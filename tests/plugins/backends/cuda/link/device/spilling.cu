// SPDX-License-Identifier: Apache-2.0
#include "arbiter/cuda/element.cuh"

// Holds more live values than it may have registers.

extern "C" __global__ void __launch_bounds__(1024, 2) sample_spilling(float* values) {
  float held[96];
#pragma unroll
  for (int i = 0; i < 96; ++i) held[i] = values[threadIdx.x + 1024U * static_cast<unsigned>(i)];
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 96; ++i) values[threadIdx.x * 96U + static_cast<unsigned>(i)] = held[95 - i] + held[(i * 7) % 96];
}
