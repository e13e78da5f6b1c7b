#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// Programmatic dependent launch: work of the kernel in front is there after wait(). Every block calls both.
__device__ __forceinline__ void pdl_wait() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
/// The same, with what `addresses`, the bits of some, come from computed before the wait and not behind it: a wait on
/// the condition that one is not null.
__device__ __forceinline__ void pdl_wait(std::uintptr_t addresses) {
#if __CUDA_ARCH__ >= 900
  asm volatile("{ .reg .pred is_one; setp.ne.u64 is_one, %0, 0; @is_one griddepcontrol.wait; }" ::"l"(addresses)
               : "memory");
#endif
}
__device__ __forceinline__ void pdl_trigger() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

}  // namespace arbiter::cuda
