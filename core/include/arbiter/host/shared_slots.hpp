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

/// What the ranks of one host pass a message through in chunks of bounded size: each rank has some slots that only it
/// writes and all read, and some counters that only it raises and all may wait for. Chunks are numbered across
/// operations, from 0 and alike on all ranks; chunk k uses slot k modulo their number. Whoever uses the slots sees to
/// it that a slot is not written while it may still be read. One user at a time.
class ARBITER_EXPORT SharedSlots {
 public:
  static constexpr int max_counters = 4;

  /// Collective. `slot_bytes` is rounded up to cache lines. Throws SystemError on every rank.
  SharedSlots(ProcessGroup& group, int slots, std::size_t slot_bytes);

  /// Collective. `kept` if it has room and is unbroken on every rank, otherwise new ones, which are then `kept`.
  [[nodiscard]] static std::shared_ptr<SharedSlots> reuse_or_make(std::shared_ptr<SharedSlots>& kept,
                                                                  ProcessGroup& group, int slots,
                                                                  std::size_t slot_bytes);

  /// Whether the ranks of `group` can share memory for this problem. Not collective, the same on every rank.
  [[nodiscard]] static Support supports(const Problem& problem, const ProcessGroup& group);

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }
  [[nodiscard]] std::size_t slot_bytes() const { return slot_bytes_; }
  [[nodiscard]] bool yields_at_once() const { return yields_at_once_; }

  /// The slot of `rank` for a chunk, on a cache line.
  [[nodiscard]] std::byte* slot(int rank, std::uint64_t chunk) const {
    return segment_.of(rank) + counters_bytes + chunk % static_cast<std::uint64_t>(slots_) * slot_bytes_;
  }

  /// Makes what this rank wrote for all chunks before `epoch` visible to those who wait for `counter`.
  void publish(int counter, std::uint64_t epoch) { at(rank_, counter).store(epoch, std::memory_order_release); }
  /// Returns when every rank has published `epoch`. Throws TimeoutError; the slots are of no use after that.
  void wait_for_all(int counter, std::uint64_t epoch, const SpinWait& spin) {
    for (int peer = 0; peer < ranks_; ++peer) {
      if (peer != rank_) spin.until(at(peer, counter), epoch, peer);
    }
  }

  /// The first chunk of the next operation; its user calls begin() and, when all is well, end(). A begin() that finds
  /// an operation unended throws Error, because ranks no longer agree where they are.
  [[nodiscard]] std::uint64_t begin();
  void end(std::uint64_t chunks) {
    next_chunk_ += chunks;
    broken_ = false;
  }
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
