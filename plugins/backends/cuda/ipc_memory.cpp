#include "ipc_memory.hpp"

#include <utility>
#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "cuda_check.hpp"

namespace arbiter::cuda {

namespace {

/// A handle stands for the whole allocation of the driver, which cuts small ones out of larger.
constexpr std::size_t granularity = std::size_t{2} << 20U;

class IpcMemory : public PeerMemory {
 public:
  explicit IpcMemory(const SharedMemoryRequest& request)
      : bytes_(request.bytes),
        rank_(request.group.rank()),
        of_ranks_(static_cast<std::size_t>(request.group.size()), nullptr),
        lingering_(request.lingering),
        let_go_(std::make_unique<LetGo>(request.group)) {}
  ~IpcMemory() override {
    if (!device_became_idle()) return;
    for (int rank = 0; rank < static_cast<int>(of_ranks_.size()); ++rank) {
      if (rank == rank_) continue;
      void* peer = of_ranks_[static_cast<std::size_t>(rank)];
      if (peer != nullptr) static_cast<void>(cudaIpcCloseMemHandle(peer));
      let_go_->of(rank);
    }
    if (own() != nullptr) lingering_->add(own(), std::move(let_go_));
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
  std::shared_ptr<LingeringMemory> lingering_;
  std::unique_ptr<LetGo> let_go_;
};

}  // namespace

std::unique_ptr<PeerMemory> share_by_ipc(const SharedMemoryRequest& request) {
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

}  // namespace arbiter::cuda
