#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "arbiter/export.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter {

/// Counters that ranks share only ever grow, and live in memory of several processes.
using SharedCounter = std::atomic<std::uint64_t>;
static_assert(SharedCounter::is_always_lock_free);

/// Collective. Whether the ranks of the group, all on this host, outnumber the cores they may run on: then a rank that
/// spins keeps the one it waits for from running. Ranks outside of the group are taken to sleep.
[[nodiscard]] ARBITER_EXPORT bool ranks_outnumber_cores(ProcessGroup& group);

/// How one rank waits for a counter another rank raises. Cheap to copy, thread-safe.
class ARBITER_EXPORT SpinWait {
 public:
  /// `rank` is the waiting one, for messages. `yield_at_once` gives the core away at every look (see
  /// ranks_outnumber_cores()); otherwise it is given away after some microseconds.
  SpinWait(int rank, bool yield_at_once, std::chrono::milliseconds timeout)
      : rank_(rank), yield_at_once_(yield_at_once), timeout_(timeout) {}

  /// Returns when `counter`, raised by rank `peer`, is at least `epoch`; what that rank wrote before is then visible.
  /// Throws TimeoutError naming rank, epoch and peer.
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
