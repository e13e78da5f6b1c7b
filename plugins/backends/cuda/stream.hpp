// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include <cuda_runtime_api.h>

namespace arbiter::cuda {

/// The stream of a rank, and a second one that replaces it while an operation is captured into a CUDA graph.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// The stream to enqueue on now.
  [[nodiscard]] cudaStream_t current() const { return capturing_ ? capture_ : main_; }
  [[nodiscard]] cudaStream_t main() const { return main_; }

  void begin_capture();
  /// The graph of what was enqueued since begin_capture(). Throws Error if something cannot be captured.
  [[nodiscard]] cudaGraph_t end_capture();
  /// Ends a capture that failed, so that the stream can be used again.
  void abandon_capture() noexcept;

  /// Waits until the main stream is idle, for 120 s at most: this project's kernels bound their waits, those of
  /// libraries may not. Throws Error.
  void wait(const std::string& action) const;

 private:
  cudaStream_t main_ = nullptr;
  cudaStream_t capture_ = nullptr;
  bool capturing_ = false;
};

/// Copies between pageable host memory and the device through a ring of page-locked pieces that fit the processor's
/// cache: while one is transferred, the next is filled.
class HostCopies {
 public:
  explicit HostCopies(cudaStream_t stream);
  ~HostCopies();
  HostCopies(const HostCopies&) = delete;
  HostCopies& operator=(const HostCopies&) = delete;

  /// Both return when the copy is complete.
  void in(void* device, const void* host, std::size_t bytes);
  void out(void* host, const void* device, std::size_t bytes);

 private:
  static constexpr std::size_t pieces = 4;
  static constexpr std::size_t piece_bytes = std::size_t{512} << 10U;

  struct Piece {
    std::byte* memory = nullptr;
    cudaEvent_t free = nullptr;
  };

  cudaStream_t stream_;
  std::array<Piece, pieces> ring_{};
};

}  // namespace arbiter::cuda
