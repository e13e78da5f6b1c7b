// SPDX-License-Identifier: Apache-2.0
// The machine probe: what bounds every AllReduce between GPUs with peer access. Each kernel does one thing.
#include "arbiter/cuda/pdl.cuh"
#include "arbiter/cuda/spin.cuh"
#include "kernel_arguments.hpp"

namespace {

using namespace arbiter::cuda;

constexpr int in_flight = 4;  // vectors per thread that are loaded and not yet stored

__device__ __forceinline__ void raise(std::uint32_t* flag, std::uint32_t epoch) {
  asm volatile("st.relaxed.sys.global.u32 [%0], %1;" ::"l"(flag), "r"(epoch) : "memory");
}

__device__ __forceinline__ void wait_for(const std::uint32_t* flag, std::uint32_t epoch, int peer,
                                         const SpinBound& bound) {
  Spin spin(bound);
  std::uint32_t seen = 0;
  do {
    asm volatile("ld.relaxed.sys.global.u32 %0, [%1];" : "=r"(seen) : "l"(flag) : "memory");
  } while (seen < epoch && !spin.gives_up(peer, epoch));
}

}  // namespace

// arbiter_probe_launch: an empty dependent kernel; what every kernel of a strategy does first. No synchronisation
// between blocks.
extern "C" __global__ void arbiter_probe_launch() {
  pdl_wait();
  pdl_trigger();
}

// arbiter_probe_round_trips: one thread on each of two ranks. They send a counter to and fro; the counter is its own
// flag, as in the strategies, so stores and polls are relaxed and there are no fences.
extern "C" __global__ void arbiter_probe_round_trips(const __grid_constant__ RoundTripArguments arguments,
                                                     const __grid_constant__ SpinBound bound) {
  std::uint32_t epoch = *arguments.epoch;
  for (int trip = 0; trip < arguments.round_trips; ++trip) {
    ++epoch;
    if (arguments.begins) raise(arguments.peer_flag, epoch);
    wait_for(arguments.own_flag, epoch, arguments.peer, bound);
    if (!arguments.begins) raise(arguments.peer_flag, epoch);
  }
  *arguments.epoch = epoch;
}

// arbiter_probe_transfer: copies 16-byte vectors between this rank and its peers, grid-stride, four in flight per
// thread. Warps start with different peers, so that all links are busy all the time. No synchronisation; the end of the
// kernel completes the stores.
extern "C" __global__ void __launch_bounds__(512)
    arbiter_probe_transfer(const __grid_constant__ TransferArguments arguments) {
  const std::uint32_t stride = gridDim.x * blockDim.x;
  const std::uint32_t thread = blockIdx.x * blockDim.x + threadIdx.x;
  const int first_peer = static_cast<int>(thread / 32U % static_cast<std::uint32_t>(arguments.peers));
  for (std::uint32_t begin = thread; begin < arguments.vectors; begin += stride * in_flight) {
    for (int turn = 0; turn < arguments.peers; ++turn) {
      const int peer = (first_peer + turn) % arguments.peers;
      const uint4* const from = static_cast<const uint4*>(arguments.from[peer]);
      uint4* const to = static_cast<uint4*>(arguments.to[peer]);
      uint4 values[in_flight];
#pragma unroll
      for (std::uint32_t i = 0; i < in_flight; ++i) {
        if (begin + i * stride < arguments.vectors) values[i] = from[begin + i * stride];
      }
#pragma unroll
      for (std::uint32_t i = 0; i < in_flight; ++i) {
        if (begin + i * stride < arguments.vectors) to[begin + i * stride] = values[i];
      }
    }
  }
}
