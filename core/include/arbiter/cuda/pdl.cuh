// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Programmatic dependent launch (sm_90; nothing on older architectures, whose kernels never overlap).
///
/// A kernel launched with Launch::programmatic may start while the preceding kernel of its stream still runs:
///   1. it does what needs no memory of that kernel: its own counters, addresses, constants;
///   2. pdl_wait(): returns when the preceding kernel has ended and its stores are visible;
///   3. pdl_trigger(), before or after that: lets the next kernel of the stream start when every block has called it
///      or exited. The next kernel's own pdl_wait() still waits for the end of this one.
/// Every block must execute pdl_wait(), because the next kernel's wait covers only the kernel directly before it. One
/// thread's trigger counts for its block.

#include <cstdint>

namespace arbiter::cuda {

/// Waits until the preceding kernel of the stream has ended.
__device__ __forceinline__ void pdl_wait() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// The same, and forces `addresses` (the bitwise OR of pointers, none of them null) to be computed before the wait:
/// otherwise the compiler sinks their arithmetic past it. The wait is predicated on `addresses` being nonzero, which it
/// always is.
__device__ __forceinline__ void pdl_wait(std::uintptr_t addresses) {
#if __CUDA_ARCH__ >= 900
  asm volatile("{ .reg .pred is_one; setp.ne.u64 is_one, %0, 0; @is_one griddepcontrol.wait; }" ::"l"(addresses)
               : "memory");
#endif
}

/// Lets the next kernel of the stream start, as soon as every block has called this or exited.
__device__ __forceinline__ void pdl_trigger() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

}  // namespace arbiter::cuda
