// SPDX-License-Identifier: Apache-2.0
#include "peer_memory.hpp"

#include <array>
#include <cstdlib>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/host/spin_wait.hpp"
#include "arbiter/process_group.hpp"
#include "descriptor_exchange.hpp"
#include "device_errors.hpp"
#include "device_memory.hpp"

namespace arbiter::cuda {

namespace {

/// The segment is zero at first, which is a counter at 0.
SharedCounter& counter(const SharedSegment& segment, int rank) {
  return *std::launder(reinterpret_cast<SharedCounter*>(segment.of(rank)));
}

}  // namespace

PeerReleases::PeerReleases(ProcessGroup& group)
    : counters_(group, sizeof(SharedCounter)), rank_(group.rank()), ranks_(group.size()) {}

void PeerReleases::release(int owner) { counter(counters_, owner).fetch_add(1, std::memory_order_release); }

bool PeerReleases::complete() const {
  return counter(counters_, rank_).load(std::memory_order_acquire) >= static_cast<std::uint64_t>(ranks_ - 1);
}

void DeferredFrees::add(void* memory, std::unique_ptr<PeerReleases> releases) {
  entries_.push_back({memory, std::move(releases)});
  sweep();
}

void DeferredFrees::sweep() {
  entries_.remove_if([](const Entry& entry) {
    if (!entry.releases->complete()) return false;
    static_cast<void>(cudaFree(entry.memory));
    return true;
  });
}

DeferredFrees::~DeferredFrees() {
  if (!device_became_idle()) return;
  for (const Entry& entry : entries_) static_cast<void>(cudaFree(entry.memory));
}

namespace {

struct ShareRequest {
  int device;
  ProcessGroup& group;
  std::size_t bytes;
  unsigned char fill;
  std::shared_ptr<DeferredFrees> frees;
};

using BusId = std::array<char, 32>;

/// Why `device` cannot access the GPU of that bus id; empty if it can.
std::string obstacle(int device, int peer_rank, const BusId& own_id, const BusId& peer_id) {
  if (own_id == peer_id) return {};
  int peer = 0;
  if (cudaDeviceGetByPCIBusId(&peer, peer_id.data()) != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    return fmt::format(
        "the GPU {} of rank {} is not visible to it (CUDA_VISIBLE_DEVICES must list the GPUs of all ranks)",
        peer_id.data(), peer_rank);
  }
  int reaches = 0;
  check(cudaDeviceCanAccessPeer(&reaches, device, peer), "ask for peer access");
  if (reaches != 0) return {};
  return fmt::format("its GPU {} has no peer access to the GPU {} of rank {}", own_id.data(), peer_id.data(),
                     peer_rank);
}

/// Collective. Which rank's GPU cannot access whose memory, the same on every rank; empty if all can.
std::string missing_peer_access(int device, ProcessGroup& group) {
  BusId own{};
  std::string failure = failure_of(
      [&] { check(cudaDeviceGetPCIBusId(own.data(), static_cast<int>(own.size()), device), "ask where the GPU is"); });
  std::vector<BusId> ids(static_cast<std::size_t>(group.size()));
  group.all_gather(own.data(), ids.data(), sizeof(BusId));
  for (int rank = 0; rank < group.size() && failure.empty(); ++rank) {
    const BusId& id = ids[static_cast<std::size_t>(rank)];
    if (id[0] == '\0') break;  // that rank reports why
    const std::string thrown = failure_of([&] { failure = obstacle(device, rank, own, id); });
    if (!thrown.empty()) failure = thrown;
  }
  return first_failure(failure, group);
}

/// A handle exports the driver's entire allocation, from which it would serve small requests of others too.
constexpr std::size_t granularity = std::size_t{2} << 20U;

/// cudaMalloc'd parts, opened by the peers with CUDA IPC.
class IpcMemory : public PeerMemory {
 public:
  explicit IpcMemory(const ShareRequest& request)
      : bytes_(request.bytes),
        rank_(request.group.rank()),
        of_ranks_(static_cast<std::size_t>(request.group.size()), nullptr),
        frees_(request.frees),
        releases_(std::make_unique<PeerReleases>(request.group)) {}
  ~IpcMemory() override {
    if (!device_became_idle()) return;
    for (int rank = 0; rank < static_cast<int>(of_ranks_.size()); ++rank) {
      if (rank == rank_) continue;
      void* peer = of_ranks_[static_cast<std::size_t>(rank)];
      if (peer != nullptr) static_cast<void>(cudaIpcCloseMemHandle(peer));
      releases_->release(rank);
    }
    if (own() != nullptr) frees_->add(own(), std::move(releases_));
  }
  IpcMemory(const IpcMemory&) = delete;
  IpcMemory& operator=(const IpcMemory&) = delete;

  [[nodiscard]] std::size_t bytes() const override { return bytes_; }
  [[nodiscard]] std::span<void* const> of_ranks() const override { return of_ranks_; }

  [[nodiscard]] cudaIpcMemHandle_t make(unsigned char fill) {
    const std::size_t allocated = ((bytes_ == 0 ? 0 : bytes_ - 1) / granularity + 1) * granularity;
    std::size_t free = 0;
    std::size_t total = 0;
    check(cudaMemGetInfo(&free, &total), "ask for free device memory");
    check(cudaMalloc(&own(), allocated), fmt::format("allocate {} bytes of {} free", allocated, free));
    check(cudaMemset(own(), fill, allocated), "fill device memory");
    check(cudaDeviceSynchronize(), "fill device memory");
    cudaIpcMemHandle_t handle{};
    check(cudaIpcGetMemHandle(&handle, own()), "make an IPC handle");
    return handle;
  }

  void open(const std::vector<cudaIpcMemHandle_t>& handles) {
    for (std::size_t rank = 0; rank < handles.size(); ++rank) {
      if (static_cast<int>(rank) == rank_) continue;
      check(cudaIpcOpenMemHandle(&of_ranks_[rank], handles[rank], cudaIpcMemLazyEnablePeerAccess),
            fmt::format("open the IPC handle of rank {}", rank));
    }
  }

 private:
  [[nodiscard]] void*& own() { return of_ranks_[static_cast<std::size_t>(rank_)]; }

  std::size_t bytes_;
  int rank_;
  std::vector<void*> of_ranks_;
  std::shared_ptr<DeferredFrees> frees_;
  std::unique_ptr<PeerReleases> releases_;
};

std::unique_ptr<PeerMemory> share_by_ipc(const ShareRequest& request) {
  ProcessGroup& group = request.group;
  auto memory = std::make_unique<IpcMemory>(request);
  cudaIpcMemHandle_t own{};
  std::string failure = failure_of([&] { own = memory->make(request.fill); });
  if (failure = first_failure(failure, group); !failure.empty()) throw Error(failure);
  std::vector<cudaIpcMemHandle_t> handles(static_cast<std::size_t>(group.size()));
  group.all_gather(&own, handles.data(), sizeof own);
  failure = failure_of([&] { memory->open(handles); });
  if (failure = first_failure(failure, group); !failure.empty()) throw Error(failure);
  return memory;
}

/// cuMemCreate'd parts; the driver keeps each until no process has it mapped.
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

VmmMemory make_exportable(const ShareRequest& request) {
  if (!VmmMemory::supported(request.device)) throw Error("the device cannot export memory as file descriptors");
  VmmMemory memory = VmmMemory::make(request.device, request.bytes);
  check(cudaMemset(memory.data(), request.fill, memory.mapped_bytes()), "fill device memory");
  check(cudaDeviceSynchronize(), "fill device memory");
  return memory;
}

std::unique_ptr<PeerMemory> share_by_descriptors(const ShareRequest& request) {
  ProcessGroup& group = request.group;
  const auto own_rank = static_cast<std::size_t>(group.rank());
  auto memory = std::make_unique<VmmPeerMemory>(request.bytes, group.size());
  Descriptor own;
  std::uint64_t mapped = 0;
  std::string failure = failure_of([&] {
    const VmmMemory& part = memory->set(own_rank, make_exportable(request));
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

struct Way {
  std::string_view name;
  std::unique_ptr<PeerMemory> (*share)(const ShareRequest& request);
};

constexpr Way ways[] = {{"ipc", share_by_ipc}, {"vmm", share_by_descriptors}};

std::string refused_way(std::string_view wanted) {
  for (const Way& way : ways) {
    if (wanted.empty() || wanted == way.name) return {};
  }
  return fmt::format("ARBITER_PEER_MEMORY is \"{}\"; ipc and vmm are allowed", wanted);
}

}  // namespace

std::unique_ptr<PeerMemory> share_memory(int device, ProcessGroup& group, std::size_t bytes, unsigned char fill,
                                         const std::shared_ptr<DeferredFrees>& frees) {
  const auto refuse = [&](const std::string& why) {
    throw Error(fmt::format("cannot share {} bytes of device memory between {} ranks: {}", bytes, group.size(), why));
  };
  if (!group.single_host()) refuse("the ranks are on several hosts");
  const char* variable = std::getenv("ARBITER_PEER_MEMORY");
  const std::string_view wanted = variable == nullptr ? "" : variable;
  if (const auto why = first_failure(refused_way(wanted), group); !why.empty()) refuse(why);
  if (const auto why = missing_peer_access(device, group); !why.empty()) refuse(why);
  frees->sweep();

  std::string failures;
  for (const Way& way : ways) {
    if (!group.all(wanted.empty() || wanted == way.name)) continue;
    try {
      return way.share({device, group, bytes, fill, frees});
    } catch (const Error& error) {  // the same on every rank
      failures += fmt::format("{}{}: {}", failures.empty() ? "" : "; ", way.name, error.what());
    }
  }
  refuse(failures.empty() ? "ARBITER_PEER_MEMORY differs between the ranks" : failures);
  return nullptr;
}

}  // namespace arbiter::cuda
