#pragma once

#include <memory>

#include "arbiter/cuda/cuda_backend.hpp"
#include "lingering_memory.hpp"

namespace arbiter::cuda {

struct SharedMemoryRequest {
  int device;
  ProcessGroup& group;
  std::size_t bytes;
  unsigned char fill;
  std::shared_ptr<LingeringMemory> lingering;  ///< takes what cannot be freed at once
};

/// Collective. cudaMalloc'd memory, opened by the peers with CUDA IPC. Throws Error, the same on every rank.
[[nodiscard]] std::unique_ptr<PeerMemory> share_by_ipc(const SharedMemoryRequest& request);

}  // namespace arbiter::cuda
