// SPDX-License-Identifier: Apache-2.0
// What the tests of the backend run.
#include "arbiter/cuda/spin.cuh"

using namespace arbiter::cuda;

extern "C" __global__ void add_one(std::uint32_t* data, std::int64_t count) {
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at < count) data[at] += 1;
}

extern "C" __global__ void copy_bytes(const unsigned char* from, unsigned char* to, std::int64_t count) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; at < count; at += stride) {
    to[at] = from[at];
  }
}

/// `words`: the turn of each rank, then the expected turn, then how often all ranks had reached it.
extern "C" __global__ void count_if_all_came(std::uint32_t* words, int ranks) {
  const volatile std::uint32_t* seen = words;
  for (int rank = 0; rank < ranks; ++rank) {
    if (seen[rank] < seen[ranks]) return;
  }
  words[ranks + 1] += 1;
}

/// Waits for a flag that is never set.
extern "C" __global__ void wait_for_flag(const std::uint32_t* flag, int peer, std::uint32_t epoch,
                                         const __grid_constant__ SpinBound bound) {
  const volatile std::uint32_t* seen = flag;
  Spin spin(bound);
  while (*seen != epoch) {
    if (spin.gives_up(peer, epoch)) return;
  }
}

/// More dynamic shared memory than a kernel gets unasked.
extern "C" __global__ void fill_shared(std::uint32_t* out, int words) {
  extern __shared__ std::uint32_t shared[];
  for (int at = static_cast<int>(threadIdx.x); at < words; at += static_cast<int>(blockDim.x)) {
    shared[at] = static_cast<std::uint32_t>(at);
  }
  __syncthreads();
  if (threadIdx.x == 0) *out = shared[words - 1];
}
