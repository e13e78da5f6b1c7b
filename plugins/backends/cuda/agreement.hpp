#pragma once

#include <string>

#include "arbiter/process_group.hpp"

namespace arbiter::cuda {

/// What `step()` throws, or empty: a rank whose step failed still takes part in what the others do next.
template <class Step>
[[nodiscard]] std::string failure_of(Step&& step) {
  try {
    step();
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

/// Collective. The first rank's failure, "rank 1: ...", the same on every rank; empty if none failed.
[[nodiscard]] inline std::string first_failure_of(ProcessGroup& group, const std::string& own) {
  if (group.all(own.empty())) return {};
  const auto failures = group.all_gather(own);
  for (std::size_t rank = 0; rank < failures.size(); ++rank) {
    if (!failures[rank].empty()) return "rank " + std::to_string(rank) + ": " + failures[rank];
  }
  return {};
}

}  // namespace arbiter::cuda
