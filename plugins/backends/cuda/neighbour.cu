// SPDX-License-Identifier: Apache-2.0
// What stands in front of an operation in the contexts engine and engine_early, and what the backend asks of its device
// besides: the rate of matrix products and the fingerprint of memory.
#include "arbiter/cuda/pdl.cuh"
#include "kernel_arguments.hpp"

namespace {

using namespace arbiter::cuda;

constexpr std::uint64_t in_flight = 8;  // vectors per thread that are loaded and not yet used

__device__ __forceinline__ uint4 load_once(const uint4* from) {
  uint4 value;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(from));
  return value;
}

/// The finaliser of SplitMix64: every input bit reaches every output bit.
__device__ __forceinline__ std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

template <class Vector>
__device__ __forceinline__ void copy(const void* from, void* to, std::uint64_t count, std::uint64_t thread,
                                     std::uint64_t threads) {
  for (std::uint64_t i = thread; i < count; i += threads) {
    static_cast<Vector*>(to)[i] = static_cast<const Vector*>(from)[i];
  }
}

}  // namespace

// arbiter_neighbour: every thread loads its share of the weights, grid-stride and `in_flight` at a time, copies its
// share of the message, and then waits until `least_cycles` have passed since it started. No synchronisation between
// blocks; the end of the kernel completes the stores. With `early` it is launched programmatically: it waits for the
// kernel in front before it touches memory, and triggers at once.
extern "C" __global__ void __launch_bounds__(512)
    arbiter_neighbour(const __grid_constant__ NeighbourArguments arguments) {
  if (arguments.early) {
    pdl_wait();
    pdl_trigger();
  }
  const long long start = clock64();
  const std::uint64_t threads = static_cast<std::uint64_t>(gridDim.x) * blockDim.x;
  const std::uint64_t thread = static_cast<std::uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const auto* const weights = static_cast<const uint4*>(arguments.weights);
  std::uint32_t sum = 0;
  for (std::uint64_t first = thread; first < arguments.weight_vectors; first += threads * in_flight) {
    uint4 values[in_flight];
#pragma unroll
    for (std::uint64_t i = 0; i < in_flight; ++i) {
      const std::uint64_t at = first + i * threads;
      values[i] = load_once(weights + (at < arguments.weight_vectors ? at : first));
    }
#pragma unroll
    for (std::uint64_t i = 0; i < in_flight; ++i) sum += values[i].x ^ values[i].y ^ values[i].z ^ values[i].w;
  }
  const auto addresses = reinterpret_cast<std::uintptr_t>(arguments.message_from) |
                         reinterpret_cast<std::uintptr_t>(arguments.message_to) | arguments.message_bytes;
  if (addresses % sizeof(uint4) == 0) {
    copy<uint4>(arguments.message_from, arguments.message_to, arguments.message_bytes / sizeof(uint4), thread, threads);
  } else {
    copy<std::uint16_t>(arguments.message_from, arguments.message_to, arguments.message_bytes / sizeof(std::uint16_t),
                        thread, threads);
  }
  if (sum == 0x9e3779b9U) *arguments.never = sum;
  while (clock64() - start < static_cast<long long>(arguments.least_cycles)) {
  }
}

// arbiter_product_rate: every warp multiplies 16 x 16 by 16 x 8 bfloat16 tiles in registers, eight independent sums at
// a time: the rate that the tensor cores reach without waiting for memory. No synchronisation.
extern "C" __global__ void __launch_bounds__(256) arbiter_product_rate(int rounds, float* never) {
  constexpr int sums = 8;
  float sum[sums][4] = {};
  const std::uint32_t a = threadIdx.x * 0x3f80U;
  const std::uint32_t b = threadIdx.x * 0x3f01U;
  for (int round = 0; round < rounds; ++round) {
#pragma unroll
    for (int i = 0; i < sums; ++i) {
      asm volatile(
          "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
          "{%0, %1, %2, %3};"
          : "+f"(sum[i][0]), "+f"(sum[i][1]), "+f"(sum[i][2]), "+f"(sum[i][3])
          : "r"(a), "r"(a), "r"(b), "r"(b), "r"(a), "r"(b));
    }
  }
  float total = 0.0F;
#pragma unroll
  for (int i = 0; i < sums; ++i) total += sum[i][0] + sum[i][1] + sum[i][2] + sum[i][3];
  if (total == 12345.0F) *never = total;
}

// arbiter_fingerprint: adds a mix of every 8-byte word and its index to `sum`, which is 0 before; addition makes the
// order of the threads irrelevant. The last bytes % 8 are a word with zeros. `data` begins anywhere; the same bytes
// have the same fingerprint there, read byte by byte.
extern "C" __global__ void __launch_bounds__(512)
    arbiter_fingerprint(const void* data, std::uint64_t bytes, unsigned long long* sum) {
  const std::uint64_t threads = static_cast<std::uint64_t>(gridDim.x) * blockDim.x;
  const std::uint64_t thread = static_cast<std::uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::uint64_t words = bytes / sizeof(std::uint64_t);
  const auto* const from = static_cast<const unsigned char*>(data);
  const bool aligned = reinterpret_cast<std::uintptr_t>(data) % sizeof(std::uint64_t) == 0;
  std::uint64_t own = 0;
  for (std::uint64_t i = thread; i < words; i += threads) {
    std::uint64_t word = 0;
    if (aligned) {
      word = static_cast<const std::uint64_t*>(data)[i];
    } else {
      for (int byte = 7; byte >= 0; --byte) word = word << 8U | from[i * sizeof word + byte];
    }
    own += mix(word + (i + 1) * 0x9e3779b97f4a7c15U);
  }
  if (thread == 0 && bytes % sizeof(std::uint64_t) != 0) {
    std::uint64_t rest = 0;
    for (std::uint64_t i = words * sizeof(std::uint64_t); i < bytes; ++i) {
      rest = rest << 8U | from[i];
    }
    own += mix(rest + (words + 1) * 0x9e3779b97f4a7c15U);
  }
#pragma unroll
  for (int lane = 16; lane > 0; lane /= 2) own += __shfl_down_sync(0xffffffffU, own, lane);
  if (threadIdx.x % 32U == 0) atomicAdd(sum, static_cast<unsigned long long>(own));
}
