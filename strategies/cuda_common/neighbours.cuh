// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a kernel does about the kernels in front of it and behind it in its stream. Linked, so that the choice costs no
/// instruction.
///
/// Source: PTX ISA, griddepcontrol.
#include "arbiter/cuda/pdl.cuh"

extern "C" {

/// Whether it is launched with Launch::programmatic, and may run before the kernel in front has ended.
__device__ bool arbiter_is_programmatic();

// When the next kernel of the stream may start, if that one is launched with Launch::programmatic. Whatever is linked,
// it starts after the epoch was incremented, and its pdl_wait() ends after this kernel has.
//
//   early   when all blocks of this kernel have started. The next kernel sees whole outputs after its own pdl_wait(),
//           which the PTX ISA demands of it; before that it sees parts of them
//   late    when all outputs are written and visible: also before its own pdl_wait()
//   none    when all blocks of this kernel have ended; outputs are visible then

/// Called by one thread of each block.
__device__ void arbiter_trigger_at_start();

/// Called by all threads of each block behind their last store.
__device__ void arbiter_trigger_at_end();
}
