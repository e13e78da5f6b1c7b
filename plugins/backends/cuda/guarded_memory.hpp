// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <cuda_runtime_api.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/cuda/spin_bound.hpp"
#include "peer_memory.hpp"

namespace arbiter::cuda {

/// What the ranks of a PeerMemory report to this one: this rank's SpinFailure in the memory, and its copy on the host.
/// A kernel that gives up a wait writes the records of all ranks (arbiter/cuda/spin.cuh), so every rank finds out after
/// its own next operation on the memory.
class MemoryHealth {
 public:
  /// `record` is the device address. Throws Error.
  explicit MemoryHealth(const void* record);
  ~MemoryHealth();
  MemoryHealth(const MemoryHealth&) = delete;
  MemoryHealth& operator=(const MemoryHealth&) = delete;

  /// Copies the record to the host behind what the stream has. Throws Error.
  void enqueue_copy(cudaStream_t stream);
  /// Call it when the copy is done.
  void look() { broken_ = broken_ || copy_->happened != 0; }
  [[nodiscard]] bool broken() const { return broken_; }
  /// Throws Error if a run found the memory broken.
  void expect_sound() const;
  /// Throws TimeoutError, which says which rank gave up, if the run that was just looked at found it broken.
  void throw_if_broken() const;

 private:
  const void* record_;
  SpinFailure* copy_ = nullptr;
  bool broken_ = false;
};

/// The memories of operations that run together.
class UsedMemories {
 public:
  UsedMemories() { all_.reserve(8); }  // enqueue() allocates nothing
  void add(const std::shared_ptr<MemoryHealth>& memory);
  void clear() { all_.clear(); }
  /// What was added since the last call.
  [[nodiscard]] UsedMemories take();

  void expect_sound() const;
  void enqueue_copies(cudaStream_t stream) const;
  void look() const;
  void throw_if_broken() const;

 private:
  std::vector<std::shared_ptr<MemoryHealth>> all_;
};

/// As share_memory(), with a record for each rank behind the bytes asked for. PeerMemory::use() adds to `used`.
[[nodiscard]] std::unique_ptr<PeerMemory> share_guarded_memory(int device, ProcessGroup& group, std::size_t bytes,
                                                               unsigned char fill,
                                                               const std::shared_ptr<DeferredFrees>& frees,
                                                               std::shared_ptr<UsedMemories> used);

}  // namespace arbiter::cuda
