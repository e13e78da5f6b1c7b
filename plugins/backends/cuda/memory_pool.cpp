#include "memory_pool.hpp"

#include <utility>

#include "arbiter/error.hpp"

namespace arbiter::cuda {

namespace {

/// Of device memory, on every GPU so far.
constexpr std::size_t granule = std::size_t{2} << 20U;

}  // namespace

std::shared_ptr<MemoryPool::Block> MemoryPool::take(std::size_t bytes) {
  const std::size_t whole = (bytes + granule - 1) / granule * granule;
  const auto found = idle_.lower_bound(bytes);
  if (found != idle_.end() && found->first <= 2 * whole) {
    auto block = std::move(found->second);
    idle_.erase(found);
    return block;
  }
  auto block = std::make_shared<Block>();
  try {
    block->memory = VmmMemory::make(device_, bytes);
  } catch (const Error&) {
    if (idle_.empty()) throw;
    idle_.clear();
    block->memory = VmmMemory::make(device_, bytes);
  }
  block->number = ++last_number_;
  std::erase_if(blocks_, [](const auto& known) { return known.second.expired(); });
  blocks_[reinterpret_cast<std::uintptr_t>(block->memory.data())] = block;
  return block;
}

void MemoryPool::give_back(std::shared_ptr<Block> block) {
  const auto bytes = block->memory.mapped_bytes();
  idle_.emplace(bytes, std::move(block));
}

std::uint64_t MemoryPool::number_of(const void* address) const {
  const auto where = reinterpret_cast<std::uintptr_t>(address);
  auto next = blocks_.upper_bound(where);
  if (next == blocks_.begin()) return 0;
  const auto& [begin, known] = *--next;
  const auto block = known.lock();
  return block != nullptr && where - begin < block->memory.mapped_bytes() ? block->number : 0;
}

std::size_t MemoryPool::idle_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [size, block] : idle_) bytes += size;
  return bytes;
}

}  // namespace arbiter::cuda
