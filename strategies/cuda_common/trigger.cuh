// SPDX-License-Identifier: Apache-2.0
#pragma once

/// When the next kernel of the stream may start, if it is launched with Launch::programmatic. Whatever is linked, it
/// starts after the epoch was incremented, and its pdl_wait() ends after this kernel has.
///
///   early   when all blocks of this kernel have started. The next kernel sees whole outputs after its own pdl_wait(),
///           which the PTX ISA demands of it; before that it sees parts of them
///   late    when all outputs are written and visible: also before its own pdl_wait()
///   none    when all blocks of this kernel have ended; outputs are visible then
///
/// Source: PTX ISA, griddepcontrol.
#include "arbiter/cuda/pdl.cuh"

extern "C" {

/// Called by one thread of each block.
__device__ void arbiter_trigger_at_start();

/// Called by all threads of each block behind their last store.
__device__ void arbiter_trigger_at_end();
}
