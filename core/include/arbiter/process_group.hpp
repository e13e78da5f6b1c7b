#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "arbiter/error.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// The ranks that work on one problem. Every method but rank(), size() and single_host() is collective: all ranks call
/// it in the same order. One thread per rank.
class ARBITER_EXPORT ProcessGroup {
 public:
  virtual ~ProcessGroup();

  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  [[nodiscard]] virtual bool single_host() const = 0;

  virtual void barrier() = 0;
  virtual void broadcast(void* data, std::size_t bytes, int root) = 0;
  /// `out` has room for size() blocks of `bytes`, in rank order.
  virtual void all_gather(const void* in, void* out, std::size_t bytes) = 0;
  /// Each value becomes its maximum over ranks.
  virtual void max(std::span<double> values) = 0;

  /// Pointer to the MPI_Comm behind the group, for strategies that speak MPI.
  [[nodiscard]] virtual void* mpi_comm() = 0;

  /// Conveniences built on the above.
  [[nodiscard]] double max(double value);
  /// True if `condition` holds on every rank.
  [[nodiscard]] bool all(bool condition);
  /// The text of rank `root` on every rank.
  [[nodiscard]] std::string broadcast(std::string text, int root);
  /// Every rank's text, in rank order.
  [[nodiscard]] std::vector<std::string> all_gather(const std::string& text);
};

/// How ranks agree that a step failed: a rank that fails alone must still take part in what the others do next, so each
/// catches what its own step throws (failure_of()), and all of them judge it together (first_failure()).

/// What `step()` throws, as text for a person; empty if it throws nothing.
template <class Step>
[[nodiscard]] std::string failure_of(const Step& step) {
  try {
    step();
    return {};
  } catch (...) {
    return what_was_thrown();
  }
}

/// Collective. `own` is what failed on this rank, or empty. The answer is the same on every rank: the failure of the
/// first rank that has one ("rank 1: out of memory"), or empty.
[[nodiscard]] ARBITER_EXPORT std::string first_failure(const std::string& own, ProcessGroup& group);

}  // namespace arbiter
