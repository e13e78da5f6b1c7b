// SPDX-License-Identifier: Apache-2.0
#pragma once

/// When a kernel may overlap the previous and the next kernel of its stream.
///
/// Source: PTX ISA, griddepcontrol.
#include "arbiter/cuda/pdl.cuh"
#include "cuda_common/tile_arguments.hpp"

/// Whether the kernel is launched with Launch::programmatic, and may run before the kernel in front has ended. Linked,
/// so that the order of its phases costs no instruction.
extern "C" __device__ bool arbiter_is_programmatic();

namespace arbiter::cuda {

// When the next kernel of the stream may start, if that one is launched with Launch::programmatic. It starts after the
// epoch was incremented, and its pdl_wait() ends after this kernel has, whatever the trigger is:
//
//   early   when all blocks of this kernel have started. The next kernel sees whole outputs after its own pdl_wait(),
//           which the PTX ISA demands of it; before that it sees parts of them
//   late    when all outputs are written and visible: also before its own pdl_wait(). While this kernel waits for other
//           ranks, the next one occupies nothing
//   none    when all blocks of this kernel have ended; outputs are visible then

/// Called by one thread of each block.
__device__ __forceinline__ void trigger_at_start(Trigger trigger) {
  if (trigger == Trigger::early) pdl_trigger();
}

/// Called by all threads of each block behind their last store.
__device__ __forceinline__ void trigger_at_end(Trigger trigger) {
  if (trigger == Trigger::early) return;
  if (trigger == Trigger::none) {
    // The last block's end counts as the trigger, and need not make stores visible.
    __threadfence();
    return;
  }
  // The barrier and the fence make the stores of all threads visible to a kernel that sees the trigger.
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    pdl_trigger();
  }
}

}  // namespace arbiter::cuda
