// SPDX-License-Identifier: Apache-2.0
// Makes the devices of a group's ranks start together: what is enqueued after it starts at the same time on all.
#include "arbiter/cuda/spin.cuh"
#include "kernel_arguments.hpp"

namespace {

using namespace arbiter::cuda;

__device__ __forceinline__ std::uint32_t load_acquire(const std::uint32_t* from) {
  std::uint32_t value;
  asm volatile("ld.acquire.sys.global.u32 %0, [%1];" : "=r"(value) : "l"(from) : "memory");
  return value;
}

__device__ __forceinline__ void store_release(std::uint32_t* to, std::uint32_t value) {
  asm volatile("st.release.sys.global.u32 [%0], %1;" ::"l"(to), "r"(value) : "memory");
}

/// Epochs wrap around at 2^32.
__device__ __forceinline__ bool reached(std::uint32_t value, std::uint32_t epoch) {
  return static_cast<std::int32_t>(value - epoch) >= 0;
}

__device__ __forceinline__ void wait_for(const std::uint32_t* flag, std::uint32_t epoch, int peer,
                                         const SpinBound& bound) {
  Spin spin(bound);
  while (!reached(load_acquire(flag), epoch)) {
    if (spin.gives_up(peer, epoch)) return;
  }
}

}  // namespace

// arbiter_start_barrier: one block, one thread per rank.
// Phase 1: thread 0 polls `go` in host memory, so that the ranks do not meet before the work to be timed is in the
//          stream; __syncthreads() passes that on to the block.
// Phase 2: thread p sets this rank's flag in the memory of rank p (release) and polls the flag of rank p here
//          (acquire).
// Both waits are bounded.
extern "C" __global__ void arbiter_start_barrier(const __grid_constant__ StartBarrierArguments arguments,
                                                 const __grid_constant__ SpinBound bound) {
  if (threadIdx.x == 0) wait_for(arguments.go, arguments.epoch, arguments.rank, bound);
  __syncthreads();
  const int peer = static_cast<int>(threadIdx.x);
  if (peer >= arguments.ranks) return;
  store_release(arguments.flags[peer] + arguments.rank, arguments.epoch);
  wait_for(arguments.flags[arguments.rank] + peer, arguments.epoch, peer, bound);
}
