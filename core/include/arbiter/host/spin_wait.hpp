// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "arbiter/export.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter {

/// A counter in shared memory that one rank raises and others wait for; it never decreases.
using SharedCounter = std::atomic<std::uint64_t>;
static_assert(SharedCounter::is_always_lock_free);

/// Collective. Whether the ranks of the group, all on this host, outnumber the cores they may run on. Then a rank that
/// spins may keep the rank it waits for from running. Ranks outside the group are assumed to sleep.
[[nodiscard]] ARBITER_EXPORT bool ranks_outnumber_cores(ProcessGroup& group);

/// Waits for counters that other ranks raise, with a bound. Cheap to copy; thread-safe.
class ARBITER_EXPORT SpinWait {
 public:
  /// `rank` is the waiting rank, for messages. With `yield_at_once` (see ranks_outnumber_cores()) each look at the
  /// counter yields the core; otherwise it spins for some microseconds first. `timeout` is Preparation::timeout.
  SpinWait(int rank, bool yield_at_once, std::chrono::milliseconds timeout)
      : rank_(rank), yield_at_once_(yield_at_once), timeout_(timeout) {}

  /// Returns when `counter`, which rank `peer` raises, is at least `epoch`; what that rank wrote before raising it is
  /// then visible. Throws TimeoutError, which names rank, epoch and peer.
  void until(const SharedCounter& counter, std::uint64_t epoch, int peer) const {
    if (counter.load(std::memory_order_acquire) < epoch) wait(counter, epoch, peer);
  }

 private:
  void wait(const SharedCounter& counter, std::uint64_t epoch, int peer) const;

  int rank_;
  bool yield_at_once_;
  std::chrono::milliseconds timeout_;
};

}  // namespace arbiter
