// SPDX-License-Identifier: Apache-2.0
#include "peer_memory.hpp"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "descriptor_exchange.hpp"
#include "driver.hpp"

namespace arbiter::runtime {

namespace {

/// Without fabric handles, which only NVLink between hosts needs.
CUmemAllocationProp properties(CUdevice device) {
  CUmemAllocationProp wanted{};
  wanted.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  wanted.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
  wanted.location.id = device;
  wanted.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
  return wanted;
}

using BusId = std::array<char, 32>;

std::optional<CUdevice> device_at(const BusId& id) {
  CUdevice device = 0;
  if (driver().device_by_bus_id(&device, id.data()) != CUDA_SUCCESS) return std::nullopt;
  return device;
}

std::string obstacle(CUdevice device, int peer_rank, const BusId& own, const BusId& other) {
  const auto peer = device_at(other);
  if (!peer) {
    return fmt::format("the GPU {} of rank {} is not visible (CUDA_VISIBLE_DEVICES must list the GPUs of all ranks)",
                       other.data(), peer_rank);
  }
  if (*peer == device) return {};
  int reaches = 0;
  driver().check(driver().can_access_peer(&reaches, device, *peer), "ask for peer access");
  if (reaches != 0) return {};
  return fmt::format("its GPU {} has no peer access to the GPU {} of rank {}", own.data(), other.data(), peer_rank);
}

/// The text of the fact "gpu_links".
std::string links_between(CUdevice device, const std::vector<BusId>& ids) {
  bool alone = true;
  for (const BusId& id : ids) {
    const auto peer = device_at(id);
    if (!peer || *peer == device) continue;
    alone = false;
    int atomics = 0;
    const CUresult code =
        driver().p2p_attribute(&atomics, CU_DEVICE_P2P_ATTRIBUTE_NATIVE_ATOMIC_SUPPORTED, device, *peer);
    if (code != CUDA_SUCCESS || atomics == 0) return "peer access between all, over PCIe";
  }
  return alone ? "one GPU" : "peer access between all, with native atomics (NVLink)";
}

}  // namespace

std::unique_ptr<MappedMemory> MappedMemory::make(CUdevice device, std::size_t bytes) {
  const Driver& cuda = driver();
  const CUmemAllocationProp wanted = properties(device);
  std::size_t granularity = 0;
  cuda.check(cuda.granularity(&granularity, &wanted, CU_MEM_ALLOC_GRANULARITY_RECOMMENDED),
             "ask for the granularity of device memory");
  std::unique_ptr<MappedMemory> memory(new MappedMemory);
  memory->bytes_ = ((bytes == 0 ? 0 : bytes - 1) / granularity + 1) * granularity;
  const CUresult code = cuda.create(&memory->handle_, memory->bytes_, &wanted, 0);
  if (code != CUDA_SUCCESS) {
    std::size_t free = 0;
    std::size_t total = 0;
    static_cast<void>(cuda.memory_info(&free, &total));
    memory->handle_ = 0;
    cuda.fail(code, fmt::format("create {} bytes of device memory, of which {} are free", memory->bytes_, free));
  }
  memory->map(device);
  return memory;
}

std::unique_ptr<MappedMemory> MappedMemory::import(CUdevice device, int descriptor, std::size_t bytes) {
  const Driver& cuda = driver();
  std::unique_ptr<MappedMemory> memory(new MappedMemory);
  memory->bytes_ = bytes;
  auto* const as_handle =
      reinterpret_cast<void*>(static_cast<std::uintptr_t>(descriptor));  // NOLINT(performance-no-int-to-ptr)
  cuda.check(cuda.import_handle(&memory->handle_, as_handle, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR),
             "import a peer's device memory");
  memory->map(device);
  return memory;
}

void MappedMemory::map(CUdevice device) {
  const Driver& cuda = driver();
  cuda.check(cuda.reserve(&address_, bytes_, 0, 0, 0), "reserve addresses for device memory");
  cuda.check(cuda.map(address_, bytes_, 0, handle_, 0), "map device memory");
  mapped_ = true;
  CUmemAccessDesc access{};
  access.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
  access.location.id = device;
  access.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
  cuda.check(cuda.set_access(address_, bytes_, &access, 1), "get access to device memory");
}

MappedMemory::~MappedMemory() {
  const Driver& cuda = driver();
  if (mapped_) static_cast<void>(cuda.unmap(address_, bytes_));
  if (address_ != 0) static_cast<void>(cuda.free_addresses(address_, bytes_));
  if (handle_ != 0) static_cast<void>(cuda.release(handle_));
}

int MappedMemory::export_descriptor() const {
  const Driver& cuda = driver();
  int descriptor = -1;
  cuda.check(cuda.export_handle(&descriptor, handle_, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0),
             "export device memory as a file descriptor");
  return descriptor;
}

PeerParts::PeerParts(CUdevice device, RankGroup& group, std::size_t bytes, unsigned char fill)
    : parts_(static_cast<std::size_t>(group.size())) {
  const auto own_rank = static_cast<std::size_t>(group.rank());
  cuda::Descriptor own;
  group.agree([&] {
    auto& part = parts_[own_rank];
    part = MappedMemory::make(device, bytes);
    driver().check(driver().fill(part->address(), fill, part->bytes()), "fill device memory");
    driver().check(driver().stream_synchronize(nullptr), "fill device memory");
    own = cuda::Descriptor(part->export_descriptor());
  });
  std::vector<cuda::Handed> handed;
  try {
    handed = cuda::exchange_descriptors(group, own.get(), parts_[own_rank]->bytes());
  } catch (const CallError&) {
    throw;
  } catch (const Error& error) {  // the same on every rank
    throw CallError(ARBITER_EXCHANGE_FAILED, error.what());
  }
  group.agree([&] {
    for (std::size_t rank = 0; rank < handed.size(); ++rank) {
      if (rank == own_rank) continue;
      parts_[rank] = MappedMemory::import(device, handed[rank].descriptor.get(), handed[rank].number);
    }
  });
}

std::string peer_obstacle(CUdevice device, RankGroup& group, std::string& links) {
  const Driver& cuda = driver();
  BusId own{};
  static_cast<void>(cuda.device_bus_id(own.data(), static_cast<int>(own.size()), device));
  std::vector<BusId> ids(static_cast<std::size_t>(group.size()));
  group.all_gather(own.data(), ids.data(), sizeof(BusId));
  if (!group.single_host()) return "the ranks are on several hosts; the kernels reach GPUs of one host only";
  if (cuda.attribute(CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, device) == 0 ||
      cuda.attribute(CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED, device) == 0) {
    return "the GPU cannot export memory as file descriptors";
  }
  for (int rank = 0; rank < group.size(); ++rank) {
    if (rank == group.rank()) continue;
    if (auto why = obstacle(device, rank, own, ids[static_cast<std::size_t>(rank)]); !why.empty()) return why;
  }
  links = links_between(device, ids);
  return {};
}

}  // namespace arbiter::runtime
