#pragma once

#include <cstdint>
#include <memory>

#include "arbiter/cuda/cuda_backend.hpp"
#include "start_barrier_arguments.hpp"

namespace arbiter::cuda {

/// Lines the ranks of one group up on their devices.
class StartBarrier {
 public:
  /// Collective. Throws Error on every rank.
  StartBarrier(CudaBackend& backend, ProcessGroup& group);
  ~StartBarrier();
  StartBarrier(const StartBarrier&) = delete;
  StartBarrier& operator=(const StartBarrier&) = delete;

  /// Collective. Enqueues the wait for all ranks; it does not end before release(). Ranks that are out of step, since
  /// one of them failed before, are in step again.
  void enqueue(ProcessGroup& group, const SpinBound& bound);
  void release() noexcept;

  /// Of the barrier, the same on every rank of its group and of no other barrier.
  [[nodiscard]] std::uint64_t token() const { return token_; }
  [[nodiscard]] int rank() const { return arguments_.rank; }
  [[nodiscard]] int ranks() const { return arguments_.ranks; }

 private:
  std::shared_ptr<Kernel> kernel_;
  std::unique_ptr<PeerMemory> flags_;
  std::uint32_t* go_ = nullptr;
  StartBarrierArguments arguments_{};
  std::uint64_t token_ = 0;
};

/// The barriers of the groups that this rank is in, made when they are first asked for.
class StartBarriers {
 public:
  /// Collective. Throws Error on every rank.
  [[nodiscard]] std::shared_ptr<StartBarrier> of(ProcessGroup& group, CudaBackend& backend);

 private:
  std::shared_ptr<StartBarrier> last_;
};

}  // namespace arbiter::cuda
