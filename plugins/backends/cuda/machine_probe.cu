// What bounds every AllReduce of GPUs that reach each other: kernels that do one thing and nothing else.
#include "arbiter/cuda/pdl.cuh"
#include "arbiter/cuda/spin.cuh"
#include "machine_probe_arguments.hpp"

namespace {

using namespace arbiter::cuda;

constexpr int in_flight = 4;  // vectors a thread has read and not yet written

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

// What every kernel of a strategy does first.
extern "C" __global__ void arbiter_probe_launch() {
  pdl_wait();
  pdl_trigger();
}

// One thread. The word is its own flag, as in the strategies.
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

// Warps begin with different peers, so that all links are busy all the time.
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
