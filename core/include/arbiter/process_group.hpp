// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/error.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// The ranks that work on one problem. Every call but rank(), size() and single_host() is collective: all ranks make it
/// in the same order. One thread per rank. For preparation, not for what is timed.
class ARBITER_EXPORT ProcessGroup {
 public:
  virtual ~ProcessGroup();

  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  /// Whether all ranks are on one host; the same on every rank.
  [[nodiscard]] virtual bool single_host() const = 0;

  virtual void barrier() = 0;
  /// Copies `bytes` of `data` from rank `root` into `data` of every other rank.
  virtual void broadcast(void* data, std::size_t bytes, int root) = 0;
  /// `out` has room for size() blocks of `bytes`, in rank order.
  virtual void all_gather(const void* in, void* out, std::size_t bytes) = 0;
  /// Each value becomes its maximum over ranks.
  virtual void max(std::span<double> values) = 0;

  /// A pointer to the group's MPI_Comm, for strategies that use MPI. Owned by the group, which communicates on it too,
  /// so do_prepare() makes a duplicate (MPI_Comm_dup(), collective; once, kept by the strategy) and operations use
  /// that. After a TimeoutError messages of the late rank may still arrive: the next do_prepare() agrees with all()
  /// that the duplicate is unsound and makes another, and the buffers of its unfinished requests live until those
  /// complete.
  [[nodiscard]] virtual void* mpi_comm() = 0;

  /// The maximum over ranks.
  [[nodiscard]] double max(double value);
  /// The minimum over ranks.
  [[nodiscard]] double min(double value);
  /// Whether `condition` holds on every rank.
  [[nodiscard]] bool all(bool condition);
  /// The text of rank `root`, on every rank.
  [[nodiscard]] std::string broadcast(std::string text, int root);
  /// The text of every rank, in rank order.
  [[nodiscard]] std::vector<std::string> all_gather(const std::string& text);
};

/// How ranks agree that a step failed. A rank that fails alone must still take part in the next collective call, or the
/// others wait for it. So each rank catches what its own step throws, and then all decide together:
///
///     const std::string failure = first_failure(failure_of([&] { map_memory(); }), group);
///     if (!failure.empty()) throw Error(failure);

/// The text of what a step threw; empty if it threw nothing.
struct Failure : std::string {
  Failure() = default;
  Failure(std::string text, bool is_timeout = false) : std::string(std::move(text)), timed_out(is_timeout) {}

  bool timed_out = false;  ///< it was a TimeoutError
};

/// What `step()` throws.
template <class Step>
[[nodiscard]] Failure failure_of(const Step& step) {
  try {
    step();
    return {};
  } catch (const TimeoutError&) {
    return {what_was_thrown(), true};
  } catch (...) {
    return what_was_thrown();
  }
}

/// Collective. `own` is this rank's failure, or empty. Returns the same on every rank: the failure of the first rank
/// that has one ("rank 1: out of memory"), or empty. Timeouts count only if there is nothing else: a rank that fails
/// lets its peers wait, so their timeouts follow from its failure.
[[nodiscard]] ARBITER_EXPORT std::string first_failure(const Failure& own, ProcessGroup& group);

}  // namespace arbiter
