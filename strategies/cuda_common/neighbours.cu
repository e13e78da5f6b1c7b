// SPDX-License-Identifier: Apache-2.0
// The parameters `programmatic` and `trigger`: one of six builds of this file is linked to a kernel.
// ARBITER_PROGRAMMATIC is 0 or 1, ARBITER_TRIGGER a Trigger.
#include "cuda_common/neighbours.cuh"

using namespace arbiter::cuda;

extern "C" {

__device__ bool arbiter_is_programmatic() { return ARBITER_PROGRAMMATIC != 0; }

__device__ void arbiter_trigger_at_start() {
  if constexpr (ARBITER_TRIGGER == 0) pdl_trigger();
}

__device__ void arbiter_trigger_at_end() {
  if constexpr (ARBITER_TRIGGER == 1) {
    // The barrier and the fence make the stores of all threads visible to a kernel that sees the trigger.
    __syncthreads();
    if (threadIdx.x == 0) {
      __threadfence();
      pdl_trigger();
    }
  }
  // The last block's end counts as the trigger, and need not make stores visible.
  if constexpr (ARBITER_TRIGGER == 2) __threadfence();
}
}
