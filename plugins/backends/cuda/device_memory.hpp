// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include <cuda.h>

#include "arbiter/backend.hpp"

namespace arbiter::cuda {

/// Physical device memory (cuMemCreate) mapped at an address of this process, exportable to other processes as a file
/// descriptor. The memory exists while any process has it mapped. Movable.
class VmmMemory {
 public:
  VmmMemory() = default;
  /// Allocates on `device`; `bytes` is rounded up to the allocation granularity. Throws Error.
  [[nodiscard]] static VmmMemory make(int device, std::size_t bytes);
  /// Maps what another process exported; the caller keeps the descriptor. Throws Error.
  [[nodiscard]] static VmmMemory import(int device, int descriptor, std::size_t mapped_bytes);
  ~VmmMemory() { reset(); }
  VmmMemory(VmmMemory&& other) noexcept;
  VmmMemory& operator=(VmmMemory&& other) noexcept;

  /// A file descriptor for other processes, which the caller closes. Throws Error.
  [[nodiscard]] int export_descriptor() const;

  [[nodiscard]] void* data() const;
  [[nodiscard]] std::size_t mapped_bytes() const { return mapped_bytes_; }

  /// Whether the device can allocate such memory and export it.
  [[nodiscard]] static bool supported(int device);

 private:
  void map(int device);
  void reset() noexcept;

  CUmemGenericAllocationHandle handle_ = 0;
  bool has_handle_ = false;
  bool is_mapped_ = false;
  CUdeviceptr address_ = 0;
  std::size_t mapped_bytes_ = 0;
};

/// Caches freed VmmMemory, as engines' allocators do: libraries remember memory by its address (NCCL its windows, and
/// what it saw in graphs), so an address should keep its memory.
class MemoryPool {
 public:
  explicit MemoryPool(int device) : device_(device) {}

  struct Block {
    VmmMemory memory;
    std::uint64_t id = 0;  ///< never reused in this process
  };
  /// A block of at least `bytes` and at most twice `bytes` rounded up to the granularity. Throws Error if there is none
  /// even after all idle blocks are freed.
  [[nodiscard]] std::shared_ptr<Block> take(std::size_t bytes);
  void give_back(std::shared_ptr<Block> block);

  /// Id of the block, in use or idle, that contains `address`; 0 if there is none.
  [[nodiscard]] std::uint64_t id_of(const void* address) const;
  [[nodiscard]] std::size_t idle_bytes() const;

 private:
  int device_;
  std::uint64_t last_id_ = 0;
  std::multimap<std::size_t, std::shared_ptr<Block>> idle_;  // by size
  std::map<std::uintptr_t, std::weak_ptr<Block>> blocks_;    // by address
};

/// Device memory, page-aligned: from the pool where the driver supports VmmMemory, because NCCL's symmetric windows do
/// not accept cudaMalloc's; ARBITER_DEVICE_MEMORY=malloc forces cudaMalloc. Throws Error: bytes asked, bytes free.
[[nodiscard]] std::unique_ptr<Buffer> make_device_buffer(int device, const std::shared_ptr<MemoryPool>& pool,
                                                         std::size_t bytes);

}  // namespace arbiter::cuda
