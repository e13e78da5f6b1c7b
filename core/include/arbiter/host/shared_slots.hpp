// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "arbiter/export.hpp"
#include "arbiter/host/shared_segment.hpp"
#include "arbiter/host/spin_wait.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter {

/// Passes messages between the ranks of one host in chunks of bounded size. Each rank has slots, which only it writes
/// and all read, and counters, which only it raises and all may wait for. Chunks are numbered across operations, from 0
/// and the same on all ranks; chunk k uses slot k modulo the number of slots. The strategy makes sure that no slot is
/// written while a peer may still read it: it waits for a counter that the peer publishes after reading. One thread,
/// one operation at a time. An operation looks like this:
///
///     const std::uint64_t first = slots.begin();
///     for (chunk = first; ...; ++chunk) {
///       ... write slots.slot(slots.rank(), chunk) ...
///       slots.publish(0, chunk + 1);
///       slots.wait_for_all(0, chunk + 1, spin);
///       ... read slots.slot(peer, chunk) ...
///     }
///     slots.end(number of chunks);
class ARBITER_EXPORT SharedSlots {
 public:
  static constexpr int max_counters = 4;

  /// Collective. `slots` of `slot_bytes`, rounded up to cache lines, for each rank. Throws SystemError on every rank.
  SharedSlots(ProcessGroup& group, int slots, std::size_t slot_bytes);

  /// Collective. Returns `kept` if it is large enough and not broken on every rank; otherwise replaces it by new slots.
  /// For a strategy that keeps its slots between problems.
  [[nodiscard]] static std::shared_ptr<SharedSlots> reuse_or_make(std::shared_ptr<SharedSlots>& kept,
                                                                  ProcessGroup& group, int slots,
                                                                  std::size_t slot_bytes);

  /// Whether the ranks of `group` can share memory for this problem, and if not, why: one host, at least two ranks, and
  /// supports_message(). Not collective; the same on every rank.
  [[nodiscard]] static Support supports(const Problem& problem, const ProcessGroup& group);

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }
  /// The size of a slot after rounding up.
  [[nodiscard]] std::size_t slot_bytes() const { return slot_bytes_; }
  /// See ranks_outnumber_cores(); for the SpinWait of the operations.
  [[nodiscard]] bool yields_at_once() const { return yields_at_once_; }

  /// The slot of `rank` for a chunk, aligned to a cache line.
  [[nodiscard]] std::byte* slot(int rank, std::uint64_t chunk) const {
    return segment_.of(rank) + counters_bytes + chunk % static_cast<std::uint64_t>(slots_) * slot_bytes_;
  }

  /// Raises this rank's counter to `epoch`; all that this rank wrote before is visible to peers that wait for it.
  void publish(int counter, std::uint64_t epoch) { at(rank_, counter).store(epoch, std::memory_order_release); }
  /// Returns when every other rank has published `epoch` or more. Throws TimeoutError; the slots are then broken.
  void wait_for_all(int counter, std::uint64_t epoch, const SpinWait& spin) {
    for (int peer = 0; peer < ranks_; ++peer) {
      if (peer != rank_) spin.until(at(peer, counter), epoch, peer);
    }
  }

  /// Begins an operation and returns the number of its first chunk. Throws Error if the operation before did not reach
  /// end(), because ranks may then disagree about the next chunk.
  [[nodiscard]] std::uint64_t begin();
  /// Ends an operation of `chunks` chunks, the same number on every rank.
  void end(std::uint64_t chunks) {
    next_chunk_ += chunks;
    broken_ = false;
  }
  /// Whether an operation began and did not end.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  /// Two cache lines each: processors fetch lines in pairs.
  static constexpr std::size_t counter_stride = 128;
  static constexpr std::size_t counters_bytes = max_counters * counter_stride;

  [[nodiscard]] SharedCounter& at(int rank, int counter) const {
    return *reinterpret_cast<SharedCounter*>(segment_.of(rank) + static_cast<std::size_t>(counter) * counter_stride);
  }

  int rank_;
  int ranks_;
  int slots_;
  std::size_t slot_bytes_;
  SharedSegment segment_;
  bool yields_at_once_;
  bool broken_ = false;
  std::uint64_t next_chunk_ = 0;
};

}  // namespace arbiter
