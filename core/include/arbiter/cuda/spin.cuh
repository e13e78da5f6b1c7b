// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Bounded waits inside kernels. A thread whose wait exceeds the bound writes the rank's SpinFailure and gives up; all
/// other waits of the rank see the record and give up too. So the kernel ends with a wrong result, the CUDA context
/// survives, and the host throws TimeoutError with rank, peer and epoch.
///
/// A rank that gave up may leave data that comes too late in the memory it waits on, and may store over data that a
/// peer has not read yet, so no rank can trust that memory any more. A wait with a guarded bound
/// (PeerMemory::guarded()) therefore first writes the records of all ranks in the memory, then a fence, and only then
/// gives up: whatever follows from it on any rank, that rank's host finds the record after the kernel.
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

/// Marks the memory of a guarded bound broken on every rank. Each thread that gives up does, because none may go on
/// before all records are written.
__device__ __forceinline__ void mark_broken(const SpinBound& bound, std::int32_t peer, std::uint32_t epoch) {
  for (std::int32_t rank = 0; rank < bound.ranks; ++rank) {
    asm volatile("st.relaxed.sys.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(bound.of_ranks[rank]), "r"(1),
                 "r"(bound.rank), "r"(peer), "r"(epoch)
                 : "memory");
  }
  __threadfence_system();
}

/// Writes the records of the memory, then the rank's own, unless another thread has.
__device__ __forceinline__ void report_failure(const SpinBound& bound, std::int32_t peer, std::uint32_t epoch) {
  mark_broken(bound, peer, epoch);
  if (atomicCAS_system(&bound.failure->happened, 0U, 1U) != 0U) return;
  volatile SpinFailure* const record = bound.failure;
  record->rank = bound.rank;
  record->peer = peer;
  record->epoch = epoch;
  __threadfence_system();
}

/// The slow path of a wait. Not inlined, to keep polling loops short; all arguments by value and single, so that no
/// state of a wait is forced into local memory, and the linker reads the bound's where it is used. `start` is the time
/// of the wait's first clock reading, 0 on the first call. Returns the start, or 0 if the wait has to give up.
inline __device__ __noinline__ std::uint64_t check_clock(SpinFailure* failure, std::uint64_t nanoseconds,
                                                         std::int32_t rank, SpinFailure* const* of_ranks,
                                                         std::int32_t ranks, std::int32_t peer, std::uint32_t epoch,
                                                         std::uint64_t start) {
  const SpinBound bound{nanoseconds, rank, failure, of_ranks, ranks};
  const volatile SpinFailure* const seen = bound.failure;
  if (seen->happened != 0) {
    mark_broken(bound, peer, epoch);
    return 0;
  }
  const std::uint64_t now = nanoseconds_now();
  if (start == 0) return now;
  if (now - start < bound.nanoseconds) return start;
  report_failure(bound, peer, epoch);
  return 0;
}

/// The same for a block that waits for another one of its cluster, which may itself be waiting for a peer for as long
/// as the bound, and must find this block when it is done: stores to the shared memory of a block that has ended lose
/// the device. So it reports after twice the bound, whatever others report, and gives up after eight times the bound.
inline __device__ __noinline__ std::uint64_t check_clock_in_cluster(SpinFailure* failure, std::uint64_t nanoseconds,
                                                                    std::int32_t rank, SpinFailure* const* of_ranks,
                                                                    std::int32_t ranks, std::uint32_t epoch,
                                                                    std::uint64_t start) {
  const SpinBound bound{nanoseconds, rank, failure, of_ranks, ranks};
  const std::uint64_t now = nanoseconds_now();
  if (start == 0) return now;
  const std::uint64_t waited = now - start;
  if (waited >= 2 * bound.nanoseconds) report_failure(bound, bound.rank, epoch);
  return waited < 8 * bound.nanoseconds ? start : 0;
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
      : failure_(bound.failure),
        nanoseconds_(bound.nanoseconds),
        rank_(bound.rank),
        of_ranks_(bound.of_ranks),
        ranks_(bound.ranks) {}

  /// Counts a poll; true on every 1024th, when the clock is to be checked.
  __device__ __forceinline__ bool is_due() { return ++polls_ % polls_per_clock_reading == 0; }

  /// Counts a poll for `peer` in operation `epoch`; true if the wait has to give up. Not convergent.
  __device__ __forceinline__ bool gives_up(int peer, std::uint32_t epoch) {
    if (!is_due()) return false;
    start_ = check_clock(failure_, nanoseconds_, rank_, of_ranks_, ranks_, peer, epoch, start_);
    return start_ == 0;
  }

  /// The same for another block of the cluster.
  __device__ __forceinline__ bool gives_up_in_cluster(std::uint32_t epoch) {
    if (!is_due()) return false;
    start_ = check_clock_in_cluster(failure_, nanoseconds_, rank_, of_ranks_, ranks_, epoch, start_);
    return start_ == 0;
  }

  /// Convergent: all 32 lanes call it, when is_due(). `lacks` says whether this lane still waits for its `peer`. True
  /// in all lanes if any has to give up. Apart from is_due() because one call that did both made the loop longer.
  __device__ __forceinline__ bool warp_gives_up(bool lacks, int peer, std::uint32_t epoch) {
    if (lacks) start_ = check_clock(failure_, nanoseconds_, rank_, of_ranks_, ranks_, peer, epoch, start_);
    return __any_sync(0xffffffffU, lacks && start_ == 0);
  }

 private:
  static constexpr std::uint32_t polls_per_clock_reading = 1024;

  SpinFailure* failure_;
  std::uint64_t nanoseconds_;
  std::int32_t rank_;
  SpinFailure* const* of_ranks_;
  std::int32_t ranks_;
  std::uint32_t polls_ = 0;
  std::uint64_t start_ = 0;
};

}  // namespace arbiter::cuda
