// SPDX-License-Identifier: Apache-2.0
// What stands between the operations under test on their stream.
#include <cstdint>

#include "arbiter/cuda/pdl.cuh"
#include "strategies/hazards/difference_record.hpp"

using arbiter::testing::DifferenceRecord;
using namespace arbiter::cuda;

/// Ends after a time up to `most_nanoseconds` that is another one in every run, also of the same graph.
extern "C" __global__ void hazard_delay(std::uint64_t most_nanoseconds, std::uint64_t seed) {
  std::uint64_t start;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(start));
  std::uint64_t hash = (start ^ seed) * 0x9e3779b97f4a7c15U;
  hash ^= hash >> 29U;
  const std::uint64_t wait = (hash * 0xbf58476d1ce4e5b9U >> 32U) % (most_nanoseconds + 1);
  for (std::uint64_t now = start; now - start < wait;) asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
}

/// Records the first difference of all launches, and how many bytes differed in all of them.
extern "C" __global__ void hazard_compare(const unsigned char* actual, const unsigned char* wanted, std::int64_t bytes,
                                          std::uint32_t step, std::uint32_t tensor, DifferenceRecord* record) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; at < bytes; at += stride) {
    if (actual[at] == wanted[at]) continue;
    if (atomicAdd(&record->bytes, 1U) != 0) continue;
    record->step = step;
    record->tensor = tensor;
    record->byte = at;
    record->got = actual[at];
    record->wanted = wanted[at];
  }
}

namespace {

__device__ void pause_for(std::uint64_t nanoseconds) {
  std::uint64_t start;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(start));
  for (std::uint64_t now = start; now - start < nanoseconds;) asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
}

__device__ void copy(const unsigned char* from, unsigned char* to, std::int64_t bytes) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; at < bytes; at += stride) {
    to[at] = from[at];
  }
}

}  // namespace

/// A kernel in front that triggers its dependents at once and writes what they read at its end.
extern "C" __global__ void hazard_write_late(const unsigned char* from, unsigned char* to, std::int64_t bytes,
                                             std::uint64_t nanoseconds) {
  pdl_trigger();
  pause_for(nanoseconds);
  copy(from, to, bytes);
}

/// A kernel behind, launched programmatically; reads as soon as it may start, or after its own wait.
extern "C" __global__ void hazard_read(const unsigned char* from, unsigned char* to, std::int64_t bytes, bool waits) {
  if (waits) pdl_wait();
  copy(from, to, bytes);
  pdl_wait();
}

extern "C" __global__ void hazard_pause(std::uint64_t nanoseconds) { pause_for(nanoseconds); }
