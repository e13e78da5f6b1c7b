#pragma once

#include <string>

#include "arbiter/export.hpp"
#include "arbiter/process_group.hpp"
#include "arbiter/thrown.hpp"

namespace arbiter {

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
