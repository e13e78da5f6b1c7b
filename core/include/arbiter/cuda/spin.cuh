// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Bounded waits inside kernels. A thread whose wait exceeds the bound writes the rank's SpinFailure and gives up; all
/// other waits of the rank see the record and give up too. So the kernel ends with a wrong result, the CUDA context
/// survives, and the host throws TimeoutError with rank, peer and epoch.
///
/// A wait reads the clock (and the record, in host memory) once per 1024 polls, so an expired bound is noticed late by
/// as much as 2048 polls take, and a wait that is over sooner never reads it.

#include <cstdint>

#include "arbiter/cuda/spin_bound.hpp"

namespace arbiter::cuda {

/// The device's global timer, in nanoseconds.
__device__ __forceinline__ std::uint64_t nanoseconds_now() {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
  return now;
}

/// The slow path of a wait. Not inlined, to keep polling loops short; all arguments by value, so that no state of a
/// wait is forced into local memory. `start` is the time of the wait's first clock reading, 0 on the first call.
/// Returns the start, or 0 if the wait has to give up.
__device__ __noinline__ std::uint64_t check_clock(SpinFailure* failure, std::uint64_t nanoseconds, std::int32_t rank,
                                                  std::int32_t peer, std::uint32_t epoch, std::uint64_t start) {
  volatile SpinFailure* const seen = failure;
  if (seen->happened != 0) return 0;
  const std::uint64_t now = nanoseconds_now();
  if (start == 0) return now;
  if (now - start < nanoseconds) return start;
  if (atomicCAS_system(&failure->happened, 0U, 1U) == 0U) {
    seen->rank = rank;
    seen->peer = peer;
    seen->epoch = epoch;
    __threadfence_system();
  }
  return 0;
}

/// One wait of one thread:
///   Spin spin(bound);
///   while (!ready()) if (spin.gives_up(peer, epoch)) return;
/// or of a warp whose lanes wait together:
///   while (__any_sync(full_mask, lacks)) {
///     if (spin.is_due() && spin.warp_gives_up(lacks, peer, epoch)) break;
///     lacks = poll();
///   }
class Spin {
 public:
  __device__ __forceinline__ explicit Spin(const SpinBound& bound)
      : failure_(bound.failure), nanoseconds_(bound.nanoseconds), rank_(bound.rank) {}

  /// Counts a poll; true on every 1024th, when the clock is to be checked.
  __device__ __forceinline__ bool is_due() { return ++polls_ % polls_per_clock_reading == 0; }

  /// Counts a poll for `peer` in operation `epoch`; true if the wait has to give up. Not convergent.
  __device__ __forceinline__ bool gives_up(int peer, std::uint32_t epoch) {
    if (!is_due()) return false;
    start_ = check_clock(failure_, nanoseconds_, rank_, peer, epoch, start_);
    return start_ == 0;
  }

  /// Convergent: all 32 lanes call it, when is_due(). `lacks` says whether this lane still waits for its `peer`. True
  /// in all lanes if any has to give up. Apart from is_due() because one call that did both made the loop longer.
  __device__ __forceinline__ bool warp_gives_up(bool lacks, int peer, std::uint32_t epoch) {
    if (lacks) start_ = check_clock(failure_, nanoseconds_, rank_, peer, epoch, start_);
    return __any_sync(0xffffffffU, lacks && start_ == 0);
  }

 private:
  static constexpr std::uint32_t polls_per_clock_reading = 1024;

  SpinFailure* failure_;
  std::uint64_t nanoseconds_;
  std::int32_t rank_;
  std::uint32_t polls_ = 0;
  std::uint64_t start_ = 0;
};

}  // namespace arbiter::cuda
