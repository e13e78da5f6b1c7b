#pragma once

#include <string>

#include <cuda_runtime_api.h>

namespace arbiter::cuda {

/// The stream of a rank, and the one that stands for it while an operation is captured.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Where to enqueue now.
  [[nodiscard]] cudaStream_t current() const { return capturing_ ? capture_ : main_; }
  [[nodiscard]] cudaStream_t main() const { return main_; }

  void begin_capture();
  /// What was enqueued since. Throws Error if something cannot be captured.
  [[nodiscard]] cudaGraph_t end_capture();
  /// Ends a capture that failed; the stream can be used again.
  void abandon_capture() noexcept;

  /// Waits until all that was enqueued is done, but not forever: kernels have bounds of their own, what libraries
  /// enqueue may not. Throws Error.
  void wait(const std::string& action) const;

 private:
  cudaStream_t main_ = nullptr;
  cudaStream_t capture_ = nullptr;
  bool capturing_ = false;
};

}  // namespace arbiter::cuda
