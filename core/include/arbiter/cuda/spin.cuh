#pragma once

/// Bounded waiting inside kernels. A thread that waits too long reports who it waited for and gives up; the others of
/// its rank see the report and give up too, so the kernel ends, the context lives, and the host throws TimeoutError.

#include <cstdint>

#include "arbiter/cuda/spin_bound.hpp"

namespace arbiter::cuda {

__device__ __forceinline__ std::uint64_t nanoseconds_now() {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
  return now;
}

/// The slow part of a wait, out of line; everything by value, so that nothing of a wait lives in memory. `start` is
/// when the wait began, or 0; returns it, or 0 when it is time to give up.
__device__ __noinline__ std::uint64_t look_at_clock(SpinFailure* failure, std::uint64_t nanoseconds, std::int32_t rank,
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

/// One wait. `while (!ready()) if (spin.gives_up(peer, epoch)) return;`
class Spin {
 public:
  __device__ __forceinline__ explicit Spin(const SpinBound& bound)
      : failure_(bound.failure), nanoseconds_(bound.nanoseconds), rank_(bound.rank) {}

  /// Whether there have been enough looks for one at the clock.
  __device__ __forceinline__ bool is_due() { return ++looks_ % looks_between_clock_readings == 0; }

  /// True when it is time to give up.
  __device__ __forceinline__ bool gives_up(int peer, std::uint32_t epoch) {
    if (!is_due()) return false;
    start_ = look_at_clock(failure_, nanoseconds_, rank_, peer, epoch, start_);
    return start_ == 0;
  }

  /// For a warp that waits as one, when is_due(): all of its lanes call it, `lacks` is whether this one still waits.
  /// Two calls keep the loop around them short.
  __device__ __forceinline__ bool warp_gives_up(bool lacks, int peer, std::uint32_t epoch) {
    if (lacks) start_ = look_at_clock(failure_, nanoseconds_, rank_, peer, epoch, start_);
    return __any_sync(0xffffffffU, lacks && start_ == 0);
  }

 private:
  static constexpr std::uint32_t looks_between_clock_readings = 1024;

  SpinFailure* failure_;
  std::uint64_t nanoseconds_;
  std::int32_t rank_;
  std::uint32_t looks_ = 0;
  std::uint64_t start_ = 0;
};

}  // namespace arbiter::cuda
