#pragma once

#include <memory>

#include "arbiter/cuda/cuda_backend.hpp"
#include "lingering_memory.hpp"

namespace arbiter::cuda {

/// Collective. Device memory of each rank that all ranks of the group have mapped: by CUDA IPC, or, where that is
/// refused, by file descriptors of cuMem memory. ARBITER_PEER_MEMORY=ipc|vmm allows only one of them. Throws Error on
/// every rank.
[[nodiscard]] std::unique_ptr<PeerMemory> share_memory(int device, ProcessGroup& group, std::size_t bytes,
                                                       unsigned char fill,
                                                       const std::shared_ptr<LingeringMemory>& lingering);

}  // namespace arbiter::cuda
