#pragma once

#include <array>
#include <cstddef>

#include <cuda_runtime_api.h>

namespace arbiter::cuda {

/// Copies between pageable host memory and the device, through a ring of page-locked pieces that are small enough to
/// stay in the processor's cache: while one is on its way the next is filled.
class HostCopies {
 public:
  explicit HostCopies(cudaStream_t stream);
  ~HostCopies();
  HostCopies(const HostCopies&) = delete;
  HostCopies& operator=(const HostCopies&) = delete;

  /// Return when all is there.
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
