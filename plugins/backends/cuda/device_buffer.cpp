#include "device_buffer.hpp"

#include <cstdlib>
#include <string_view>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "buffer_numbers.hpp"
#include "cuda_check.hpp"
#include "vmm_memory.hpp"

namespace arbiter::cuda {

namespace {

class VmmBuffer : public Buffer {
 public:
  VmmBuffer(int device, std::size_t bytes) : bytes_(bytes), memory_(VmmMemory::make(device, bytes)) {}
  [[nodiscard]] void* data() const override { return memory_.data(); }
  [[nodiscard]] std::size_t bytes() const override { return bytes_; }

 private:
  std::size_t bytes_;
  VmmMemory memory_;
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

std::unique_ptr<Buffer> make_device_buffer(int device, std::size_t bytes) {
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "ask for free device memory");
  const auto refusal = fmt::format("cannot allocate {} bytes of device memory: {} bytes are free", bytes, free);
  if (bytes > free) throw Error(refusal);  // asked first: rounding up an absurd size would overflow
  try {
    if (!plain_memory_is_asked_for() && VmmMemory::supported(device)) return std::make_unique<VmmBuffer>(device, bytes);
    return std::make_unique<MallocBuffer>(bytes);
  } catch (const Error& error) {
    throw Error(fmt::format("{}; {}", refusal, error.what()));
  }
}

}  // namespace arbiter::cuda
