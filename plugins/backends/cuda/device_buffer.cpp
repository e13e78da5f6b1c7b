#include "device_buffer.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "cuda_check.hpp"
#include "memory_pool.hpp"

namespace arbiter::cuda {

namespace {

class PooledBuffer : public Buffer {
 public:
  PooledBuffer(std::shared_ptr<MemoryPool> pool, std::size_t bytes)
      : bytes_(bytes), pool_(std::move(pool)), block_(pool_->take(bytes)) {}
  ~PooledBuffer() override {
    // Whoever gets the block next must not find work on it under way; memory of a device that is lost is no use.
    if (device_became_idle()) pool_->give_back(std::move(block_));
  }
  PooledBuffer(const PooledBuffer&) = delete;
  PooledBuffer& operator=(const PooledBuffer&) = delete;
  [[nodiscard]] void* data() const override { return block_->memory.data(); }
  [[nodiscard]] std::size_t bytes() const override { return bytes_; }

 private:
  std::size_t bytes_;
  std::shared_ptr<MemoryPool> pool_;
  std::shared_ptr<MemoryPool::Block> block_;
};

class MallocBuffer : public Buffer {
 public:
  explicit MallocBuffer(std::size_t bytes) : bytes_(bytes) {
    check(cudaMalloc(&data_, bytes == 0 ? 1 : bytes), "cudaMalloc");
  }
  ~MallocBuffer() override {
    if (device_became_idle()) static_cast<void>(cudaFree(data_));
  }
  MallocBuffer(const MallocBuffer&) = delete;
  MallocBuffer& operator=(const MallocBuffer&) = delete;
  [[nodiscard]] void* data() const override { return data_; }
  [[nodiscard]] std::size_t bytes() const override { return bytes_; }

 private:
  std::size_t bytes_;
  void* data_ = nullptr;
};

/// To see what difference it makes; NCCL_SYMMETRIC then has no memory to register.
bool plain_memory_is_asked_for() {
  const char* text = std::getenv("ARBITER_DEVICE_MEMORY");
  return text != nullptr && std::string_view(text) == "malloc";
}

}  // namespace

std::unique_ptr<Buffer> make_device_buffer(int device, const std::shared_ptr<MemoryPool>& pool, std::size_t bytes) {
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "ask for free device memory");
  free += pool->idle_bytes();
  const auto refusal = fmt::format("cannot allocate {} bytes of device memory: {} bytes are free", bytes, free);
  if (bytes > free) throw Error(refusal);  // asked first: rounding up an absurd size would overflow
  try {
    if (!plain_memory_is_asked_for() && VmmMemory::supported(device)) {
      return std::make_unique<PooledBuffer>(pool, bytes);
    }
    return std::make_unique<MallocBuffer>(bytes);
  } catch (const Error& error) {
    throw Error(fmt::format("{}; {}", refusal, error.what()));
  }
}

}  // namespace arbiter::cuda
