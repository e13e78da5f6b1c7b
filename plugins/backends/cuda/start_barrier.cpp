#include "start_barrier.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "cuda_check.hpp"
#include "device_code/start_barrier.hpp"

namespace arbiter::cuda {

StartBarrier::StartBarrier(CudaBackend& backend, ProcessGroup& group) {
  if (group.size() > StartBarrierArguments::max_ranks) {
    throw Error(fmt::format("{} ranks cannot be lined up on their devices; {} can", group.size(),
                            StartBarrierArguments::max_ranks));
  }
  std::string failure = failure_of([&] {
    const std::array parts{start_barrier_code(DType::bfloat16)};
    kernel_ = backend.link(parts, "arbiter_start_barrier");
    void* host = nullptr;
    check(cudaHostAlloc(&host, sizeof(std::uint32_t), cudaHostAllocMapped), "get host memory that the device sees");
    go_ = new (host) std::uint32_t{0};
    void* on_device = nullptr;
    check(cudaHostGetDevicePointer(&on_device, host, 0), "map host memory into the device");
    arguments_.go = static_cast<const std::uint32_t*>(on_device);
  });
  if (failure = first_failure(failure, group); !failure.empty()) throw Error(failure);
  flags_ = backend.share(group, static_cast<std::size_t>(group.size()) * sizeof(std::uint32_t), 0);
  for (std::size_t rank = 0; rank < flags_->of_ranks().size(); ++rank) {
    arguments_.flags[rank] = static_cast<std::uint32_t*>(flags_->of_ranks()[rank]);
  }
  arguments_.rank = group.rank();
  arguments_.ranks = group.size();
  std::random_device random;
  token_ = (static_cast<std::uint64_t>(random()) << 32U) | random() | 1U;
  group.broadcast(&token_, sizeof token_, 0);
}

StartBarrier::~StartBarrier() {
  if (go_ != nullptr && device_became_idle()) static_cast<void>(cudaFreeHost(go_));
}

void StartBarrier::enqueue(ProcessGroup& group, const SpinBound& bound) {
  arguments_.epoch = static_cast<std::uint32_t>(group.max(static_cast<double>(arguments_.epoch))) + 1;
  SpinBound bound_copy = bound;
  const std::array<void*, 2> arguments{&arguments_, &bound_copy};
  kernel_->launch({.grid = 1, .block = StartBarrierArguments::max_ranks}, arguments);
}

void StartBarrier::release() noexcept { std::atomic_ref(*go_).store(arguments_.epoch, std::memory_order_release); }

std::shared_ptr<StartBarrier> StartBarriers::of(ProcessGroup& group, CudaBackend& backend) {
  const std::uint64_t own = last_ == nullptr ? 0 : last_->token();
  std::vector<std::uint64_t> tokens(static_cast<std::size_t>(group.size()));
  group.all_gather(&own, tokens.data(), sizeof own);
  const bool same = own != 0 && std::all_of(tokens.begin(), tokens.end(), [&](auto other) { return other == own; });
  // Two ranks of a larger group hold the same one too.
  if (!group.all(same && last_->ranks() == group.size() && last_->rank() == group.rank())) {
    last_.reset();
    last_ = std::make_shared<StartBarrier>(backend, group);
  }
  return last_;
}

}  // namespace arbiter::cuda
