// SPDX-License-Identifier: Apache-2.0
// When a kernel lets the next one of its stream start (the parameter `trigger`). One of three such files is linked to a
// kernel, so that the choice costs it nothing. ARBITER_TRIGGER is a Trigger.
#include "cuda_common/trigger.cuh"

using namespace arbiter::cuda;

extern "C" {

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
