// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/host/shared_segment.hpp"

namespace arbiter::cuda {

/// Counts, in host memory that a group's ranks share, how many peers have unmapped each rank's part of a PeerMemory. No
/// rank waits for another one.
class PeerReleases {
 public:
  /// Collective. Throws SystemError on every rank.
  explicit PeerReleases(ProcessGroup& group);
  /// This rank has unmapped the part of `owner`.
  void release(int owner);
  /// Whether all peers have unmapped this rank's part.
  [[nodiscard]] bool complete() const;

 private:
  SharedSegment counters_;
  int rank_;
  int ranks_;
};

/// Device memory of this rank to be freed once no peer has it mapped: freeing it earlier is undefined behaviour for the
/// peers (CUDA Runtime API, cudaIpcOpenMemHandle).
class DeferredFrees {
 public:
  DeferredFrees() = default;
  ~DeferredFrees();
  DeferredFrees(const DeferredFrees&) = delete;
  DeferredFrees& operator=(const DeferredFrees&) = delete;

  void add(void* memory, std::unique_ptr<PeerReleases> releases);
  /// Frees what no peer has mapped any more.
  void sweep();

 private:
  struct Entry {
    void* memory;
    std::unique_ptr<PeerReleases> releases;
  };
  std::list<Entry> entries_;
};

/// Collective. Device memory of each rank, mapped by all ranks of the group: cudaMalloc and CUDA IPC, or, where that
/// fails, cuMemCreate and file descriptors. ARBITER_PEER_MEMORY=ipc|vmm allows one of them only. Throws Error on every
/// rank.
[[nodiscard]] std::unique_ptr<PeerMemory> share_memory(int device, ProcessGroup& group, std::size_t bytes,
                                                       unsigned char fill, const std::shared_ptr<DeferredFrees>& frees);

}  // namespace arbiter::cuda
