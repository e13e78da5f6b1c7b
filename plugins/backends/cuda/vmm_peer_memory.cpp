#include "vmm_peer_memory.hpp"

#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "cuda_check.hpp"
#include "descriptor_exchange.hpp"
#include "vmm_memory.hpp"

namespace arbiter::cuda {

namespace {

class VmmPeerMemory : public PeerMemory {
 public:
  VmmPeerMemory(std::size_t bytes, int ranks)
      : bytes_(bytes), parts_(static_cast<std::size_t>(ranks)), of_ranks_(static_cast<std::size_t>(ranks)) {}

  [[nodiscard]] std::size_t bytes() const override { return bytes_; }
  [[nodiscard]] std::span<void* const> of_ranks() const override { return of_ranks_; }

  const VmmMemory& set(std::size_t rank, VmmMemory part) {
    parts_[rank] = std::move(part);
    of_ranks_[rank] = parts_[rank].data();
    return parts_[rank];
  }

 private:
  std::size_t bytes_;
  std::vector<VmmMemory> parts_;
  std::vector<void*> of_ranks_;
};

VmmMemory make(const SharedMemoryRequest& request) {
  if (!VmmMemory::supported(request.device)) throw Error("the device cannot export memory as file descriptors");
  VmmMemory memory = VmmMemory::make(request.device, request.bytes);
  check(cudaMemset(memory.data(), request.fill, memory.mapped_bytes()), "fill device memory");
  check(cudaDeviceSynchronize(), "fill device memory");
  return memory;
}

}  // namespace

std::unique_ptr<PeerMemory> share_by_descriptors(const SharedMemoryRequest& request) {
  ProcessGroup& group = request.group;
  const auto own_rank = static_cast<std::size_t>(group.rank());
  auto memory = std::make_unique<VmmPeerMemory>(request.bytes, group.size());
  Descriptor own;
  std::uint64_t mapped = 0;
  std::string failure = failure_of([&] {
    const VmmMemory& part = memory->set(own_rank, make(request));
    mapped = part.mapped_bytes();
    own = Descriptor(part.export_descriptor());
  });
  if (failure = first_failure(failure, group); !failure.empty()) throw Error(failure);
  const auto handed = exchange_descriptors(group, own.get(), mapped);
  failure = failure_of([&] {
    for (std::size_t rank = 0; rank < handed.size(); ++rank) {
      if (rank == own_rank) continue;
      memory->set(rank, VmmMemory::import(request.device, handed[rank].descriptor.get(), handed[rank].number));
    }
  });
  if (failure = first_failure(failure, group); !failure.empty()) throw Error(failure);
  return memory;
}

}  // namespace arbiter::cuda
