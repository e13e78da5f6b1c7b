#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "vmm_memory.hpp"

namespace arbiter::cuda {

/// Device memory that can be registered, kept for the next who needs as much, as engines' allocators do: libraries
/// remember memory by its address (NCCL its windows, and what it saw in graphs), so memory must not change behind one.
class MemoryPool {
 public:
  explicit MemoryPool(int device) : device_(device) {}

  struct Block {
    VmmMemory memory;
    std::uint64_t number = 0;  ///< no two blocks of the process ever have the same
  };
  /// A block of at least `bytes` and, beside what rounding up to the memory's granularity takes, at most twice that.
  /// Throws Error if there is none even with all idle blocks freed.
  [[nodiscard]] std::shared_ptr<Block> take(std::size_t bytes);
  void give_back(std::shared_ptr<Block> block);

  /// The number of the block that an address lies in, of those that were taken or are idle; 0 if there is none.
  [[nodiscard]] std::uint64_t number_of(const void* address) const;
  [[nodiscard]] std::size_t idle_bytes() const;

 private:
  int device_;
  std::uint64_t last_number_ = 0;
  std::multimap<std::size_t, std::shared_ptr<Block>> idle_;  // by size
  std::map<std::uintptr_t, std::weak_ptr<Block>> blocks_;    // by address
};

}  // namespace arbiter::cuda
