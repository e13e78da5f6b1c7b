// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "arbiter/cuda/cuda_backend.hpp"
#include "device_errors.hpp"
#include "guarded_memory.hpp"
#include "kernel_arguments.hpp"
#include "neighbour.hpp"
#include "stream.hpp"

namespace arbiter::cuda {

/// Makes the devices of a group's ranks start together (start_barrier.cu).
class StartBarrier {
 public:
  /// Collective. Throws Error on every rank.
  StartBarrier(CudaBackend& backend, ProcessGroup& group);
  ~StartBarrier();
  StartBarrier(const StartBarrier&) = delete;
  StartBarrier& operator=(const StartBarrier&) = delete;

  /// Collective. Enqueues a kernel that ends when it runs on every rank and release() was called on every rank. Ranks
  /// whose epochs differ, because one of them failed before, agree on one again.
  void enqueue(ProcessGroup& group, const SpinBound& bound);
  void release() noexcept;

  /// Identifies the barrier: the same on all of its ranks, and no other barrier has it.
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

/// The barrier of the group that was timed last.
class StartBarriers {
 public:
  /// Collective. Makes a new barrier unless all ranks hold the one of this group. Throws Error on every rank.
  [[nodiscard]] std::shared_ptr<StartBarrier> of(ProcessGroup& group, CudaBackend& backend);

 private:
  std::shared_ptr<StartBarrier> last_;
};

/// What a sample needs of its backend.
struct SampleContext {
  CudaBackend& backend;
  std::shared_ptr<Stream> stream;
  StartBarriers& barriers;
  Neighbours& neighbours;
  SpinFailures& spin_failures;
  UsedMemories& used;
};

/// The iterations of the request between two events: one replay of a CUDA graph, or eager launches. `operation` is null
/// for a sample of neighbours alone.
[[nodiscard]] std::unique_ptr<Sample> make_sample(SampleContext context, Operation* operation,
                                                  const SampleRequest& request);

}  // namespace arbiter::cuda
