#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/export.hpp"

namespace arbiter::cuda {

/// The memory behind arbiter/cuda/lamport.cuh: empty slots on every rank that all ranks reach, and this rank's
/// EpochState.
class ARBITER_EXPORT LamportMemory {
 public:
  /// Collective. Throws Error on every rank.
  LamportMemory(CudaBackend& backend, ProcessGroup& group, std::size_t slot_bytes);

  /// Collective. `kept` if it is large enough on every rank, otherwise new memory, which is then `kept`.
  [[nodiscard]] static std::shared_ptr<LamportMemory> reuse_or_make(std::shared_ptr<LamportMemory>& kept,
                                                                    CudaBackend& backend, ProcessGroup& group,
                                                                    std::size_t slot_bytes);

  [[nodiscard]] std::size_t slot_bytes() const { return slots_->bytes(); }
  /// The first byte of each rank's slots.
  [[nodiscard]] std::span<void* const> slots() const { return slots_->of_ranks(); }
  [[nodiscard]] void* state() const { return state_->data(); }

 private:
  std::unique_ptr<PeerMemory> slots_;
  std::unique_ptr<Buffer> state_;
};

}  // namespace arbiter::cuda
