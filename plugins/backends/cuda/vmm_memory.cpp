#include "vmm_memory.hpp"

#include <cstdint>
#include <utility>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "cuda_check.hpp"
#include "driver_api.hpp"

namespace arbiter::cuda {

namespace {

bool has(int device, CUdevice_attribute attribute) {
  int value = 0;
  return driver_api().device_attribute(&value, attribute, device) == CUDA_SUCCESS && value != 0;
}

/// What NCCL's own allocator asks for, so that NCCL takes this memory for its windows; but no fabric handles, which are
/// for hosts whose NVLink spans more than one.
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

void VmmMemory::reset() noexcept {
  if (!has_handle_ || !device_became_idle()) return;  // unmapping waits for nobody
  const DriverApi& driver = driver_api();
  if (is_mapped_) static_cast<void>(driver.unmap(address_, mapped_bytes_));
  if (address_ != 0) static_cast<void>(driver.free_addresses(address_, mapped_bytes_));
  static_cast<void>(driver.release(handle_));
  has_handle_ = is_mapped_ = false;
  address_ = 0;
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

}  // namespace arbiter::cuda
