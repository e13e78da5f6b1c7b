// SPDX-License-Identifier: Apache-2.0
#include "device_memory.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "device_errors.hpp"

namespace arbiter::cuda {

namespace {

/// The driver functions that the runtime API lacks. Looked up through the runtime, so that nothing links libcuda, which
/// a machine without a GPU does not have.
struct DriverApi {
  decltype(&cuGetErrorString) error_string;
  decltype(&cuDeviceGetAttribute) device_attribute;
  decltype(&cuMemGetAllocationGranularity) granularity;
  decltype(&cuMemCreate) create;
  decltype(&cuMemRelease) release;
  decltype(&cuMemAddressReserve) reserve;
  decltype(&cuMemAddressFree) free_addresses;
  decltype(&cuMemMap) map;
  decltype(&cuMemUnmap) unmap;
  decltype(&cuMemSetAccess) set_access;
  decltype(&cuMemExportToShareableHandle) export_handle;
  decltype(&cuMemImportFromShareableHandle) import_handle;

  void check(CUresult code, const std::string& action) const {
    if (code == CUDA_SUCCESS) return;
    const char* text = nullptr;
    if (error_string(code, &text) != CUDA_SUCCESS || text == nullptr) text = "unknown error";
    throw Error(fmt::format("{}: {} (driver error {})", action, text, static_cast<int>(code)));
  }
};

/// The function as CUDA 12.0 had it, whichever version the headers are from.
template <class Function>
void find(const char* name, Function& function) {
  void* found = nullptr;
  cudaDriverEntryPointQueryResult result{};
#if CUDART_VERSION >= 12050
  const auto code = cudaGetDriverEntryPointByVersion(name, &found, 12000, cudaEnableDefault, &result);
#else
  const auto code = cudaGetDriverEntryPoint(name, &found, cudaEnableDefault, &result);
#endif
  check(code, fmt::format("find {} in the driver", name));
  if (result != cudaDriverEntryPointSuccess || found == nullptr) {
    throw Error(fmt::format("the CUDA driver has no {}", name));
  }
  function = reinterpret_cast<Function>(found);
}

DriverApi load_driver_api() {
  DriverApi api{};
  find("cuGetErrorString", api.error_string);
  find("cuDeviceGetAttribute", api.device_attribute);
  find("cuMemGetAllocationGranularity", api.granularity);
  find("cuMemCreate", api.create);
  find("cuMemRelease", api.release);
  find("cuMemAddressReserve", api.reserve);
  find("cuMemAddressFree", api.free_addresses);
  find("cuMemMap", api.map);
  find("cuMemUnmap", api.unmap);
  find("cuMemSetAccess", api.set_access);
  find("cuMemExportToShareableHandle", api.export_handle);
  find("cuMemImportFromShareableHandle", api.import_handle);
  return api;
}

/// Throws Error if the driver lacks one of them.
const DriverApi& driver_api() {
  static const DriverApi api = load_driver_api();
  return api;
}

bool has(int device, CUdevice_attribute attribute) {
  int value = 0;
  return driver_api().device_attribute(&value, attribute, device) == CUDA_SUCCESS && value != 0;
}

/// As NCCL's allocator sets them, so that NCCL accepts the memory for its windows, but without fabric handles, which
/// only multi-node NVLink needs.
CUmemAllocationProp properties(int device) {
  CUmemAllocationProp wanted{};
  wanted.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  wanted.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
  wanted.location.id = device;
  wanted.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
  if (has(device, CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_WITH_CUDA_VMM_SUPPORTED)) {
    wanted.allocFlags.gpuDirectRDMACapable = 1;
  }
  return wanted;
}

}  // namespace

bool VmmMemory::supported(int device) {
  return has(device, CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED) &&
         has(device, CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED);
}

VmmMemory VmmMemory::make(int device, std::size_t bytes) {
  const DriverApi& driver = driver_api();
  const CUmemAllocationProp wanted = properties(device);
  std::size_t granularity = 0;
  driver.check(driver.granularity(&granularity, &wanted, CU_MEM_ALLOC_GRANULARITY_RECOMMENDED),
               "ask for the granularity of device memory");
  VmmMemory memory;
  memory.mapped_bytes_ = ((bytes == 0 ? 0 : bytes - 1) / granularity + 1) * granularity;
  driver.check(driver.create(&memory.handle_, memory.mapped_bytes_, &wanted, 0),
               fmt::format("create {} bytes of device memory", memory.mapped_bytes_));
  memory.has_handle_ = true;
  memory.map(device);
  return memory;
}

VmmMemory VmmMemory::import(int device, int descriptor, std::size_t mapped_bytes) {
  const DriverApi& driver = driver_api();
  VmmMemory memory;
  memory.mapped_bytes_ = mapped_bytes;
  auto* const as_handle =
      reinterpret_cast<void*>(static_cast<std::uintptr_t>(descriptor));  // NOLINT(performance-no-int-to-ptr)
  driver.check(driver.import_handle(&memory.handle_, as_handle, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR),
               "import a peer's device memory");
  memory.has_handle_ = true;
  memory.map(device);
  return memory;
}

void VmmMemory::map(int device) {
  const DriverApi& driver = driver_api();
  driver.check(driver.reserve(&address_, mapped_bytes_, 0, 0, 0),
               fmt::format("reserve {} bytes of addresses", mapped_bytes_));
  driver.check(driver.map(address_, mapped_bytes_, 0, handle_, 0), "map device memory");
  is_mapped_ = true;
  CUmemAccessDesc access{};
  access.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
  access.location.id = device;
  access.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
  driver.check(driver.set_access(address_, mapped_bytes_, &access, 1), "get access to device memory");
}

void VmmMemory::reset() noexcept try {
  if (!has_handle_ || !device_became_idle()) return;  // unmapping does not wait for kernels
  const DriverApi& driver = driver_api();
  if (is_mapped_) static_cast<void>(driver.unmap(address_, mapped_bytes_));
  if (address_ != 0) static_cast<void>(driver.free_addresses(address_, mapped_bytes_));
  static_cast<void>(driver.release(handle_));
  has_handle_ = is_mapped_ = false;
  address_ = 0;
} catch (...) {
  // A driver that gave a handle is loaded, so this is never reached; memory would be left to the end of the process.
}

VmmMemory::VmmMemory(VmmMemory&& other) noexcept { *this = std::move(other); }

VmmMemory& VmmMemory::operator=(VmmMemory&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(has_handle_, other.has_handle_);
  std::swap(is_mapped_, other.is_mapped_);
  std::swap(address_, other.address_);
  std::swap(mapped_bytes_, other.mapped_bytes_);
  return *this;
}

int VmmMemory::export_descriptor() const {
  const DriverApi& driver = driver_api();
  int descriptor = -1;
  driver.check(driver.export_handle(&descriptor, handle_, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0),
               "export device memory as a file descriptor");
  return descriptor;
}

void* VmmMemory::data() const { return reinterpret_cast<void*>(address_); }  // NOLINT(performance-no-int-to-ptr)

std::shared_ptr<MemoryPool::Block> MemoryPool::take(std::size_t bytes) {
  constexpr std::size_t granularity = std::size_t{2} << 20U;  // of device memory, on every GPU so far
  const std::size_t rounded = (bytes + granularity - 1) / granularity * granularity;
  const auto found = idle_.lower_bound(bytes);
  if (found != idle_.end() && found->first <= 2 * rounded) {
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
  block->id = ++last_id_;
  std::erase_if(blocks_, [](const auto& known) { return known.second.expired(); });
  blocks_[reinterpret_cast<std::uintptr_t>(block->memory.data())] = block;
  return block;
}

void MemoryPool::give_back(std::shared_ptr<Block> block) {
  const auto bytes = block->memory.mapped_bytes();
  idle_.emplace(bytes, std::move(block));
}

std::uint64_t MemoryPool::id_of(const void* address) const {
  const auto where = reinterpret_cast<std::uintptr_t>(address);
  auto next = blocks_.upper_bound(where);
  if (next == blocks_.begin()) return 0;
  const auto& [begin, known] = *--next;
  const auto block = known.lock();
  return block != nullptr && where - begin < block->memory.mapped_bytes() ? block->id : 0;
}

std::size_t MemoryPool::idle_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [size, block] : idle_) bytes += size;
  return bytes;
}

namespace {

class PooledBuffer : public Buffer {
 public:
  PooledBuffer(std::shared_ptr<MemoryPool> pool, std::size_t bytes)
      : bytes_(bytes), pool_(std::move(pool)), block_(pool_->take(bytes)) {}
  ~PooledBuffer() override {
    // The block's next user must not meet work that still uses it.
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

bool malloc_is_forced() {
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
  if (bytes > free) throw Error(refusal);  // checked first: rounding up an absurd size would overflow
  try {
    if (!malloc_is_forced() && VmmMemory::supported(device)) {
      return std::make_unique<PooledBuffer>(pool, bytes);
    }
    return std::make_unique<MallocBuffer>(bytes);
  } catch (const Error& error) {
    throw Error(fmt::format("{}; {}", refusal, error.what()));
  }
}

}  // namespace arbiter::cuda
