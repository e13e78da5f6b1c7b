// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include <cuda_runtime_api.h>

#include "arbiter/cuda/spin_bound.hpp"

namespace arbiter::cuda {

/// Throws Error if `code` is an error: "<action>: an illegal memory access was encountered (cudaErrorIllegalAddress)",
/// and whether the device is lost to this process.
void check(cudaError_t code, const std::string& action);

/// CUDA's message: "out of memory (cudaErrorMemoryAllocation)".
[[nodiscard]] std::string message_of(cudaError_t code);

/// Whether check() has seen a sticky error.
[[nodiscard]] bool device_is_lost();

/// Whether work that does not end occupies the device: then nothing may wait for it, and its memory cannot be freed.
[[nodiscard]] bool device_is_stuck();
void device_got_stuck();

/// Waits until the device is idle; false if it is stuck, and memory must not be freed.
bool device_became_idle() noexcept;

/// Whether every later CUDA call of this process fails after this error.
[[nodiscard]] bool is_sticky(cudaError_t code);

/// The record in which this rank's kernels report an exceeded wait, in host memory that the device can write. All
/// kernels share it, so that those enqueued after a kernel that gave up also give up instead of waiting for their own
/// bound.
class SpinFailures {
 public:
  SpinFailures();
  ~SpinFailures();
  SpinFailures(const SpinFailures&) = delete;
  SpinFailures& operator=(const SpinFailures&) = delete;

  [[nodiscard]] SpinBound bound(std::chrono::milliseconds timeout, int rank);

  /// With the timeout of the last call of the other overload.
  [[nodiscard]] SpinBound bound(int rank) { return bound(timeout_, rank); }

  /// Call it when the device is idle. Throws TimeoutError if a kernel gave up, and clears the record.
  void throw_if_any();

 private:
  SpinFailure* record_ = nullptr;
  SpinFailure* on_device_ = nullptr;
  std::chrono::milliseconds timeout_{10'000};
};

}  // namespace arbiter::cuda
