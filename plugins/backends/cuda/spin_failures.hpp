#pragma once

#include <chrono>

#include "arbiter/cuda/spin_bound.hpp"

namespace arbiter::cuda {

/// Where this rank's kernels report that they waited too long: memory of the host that the device sees. One record for
/// all of them, so that whatever was enqueued behind a kernel that gave up gives up too instead of waiting in its turn.
class SpinFailures {
 public:
  SpinFailures();
  ~SpinFailures();
  SpinFailures(const SpinFailures&) = delete;
  SpinFailures& operator=(const SpinFailures&) = delete;

  [[nodiscard]] SpinBound bound(std::chrono::milliseconds timeout, int rank);

  /// With the timeout that was last asked for.
  [[nodiscard]] SpinBound bound(int rank) { return bound(timeout_, rank); }

  /// With nothing running. Throws TimeoutError if a kernel gave up, and forgets it.
  void throw_if_any();

 private:
  SpinFailure* record_ = nullptr;
  SpinFailure* on_device_ = nullptr;
  std::chrono::milliseconds timeout_{10'000};
};

}  // namespace arbiter::cuda
