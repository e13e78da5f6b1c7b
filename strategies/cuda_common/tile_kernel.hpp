// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/strategy.hpp"
#include "cuda_common/tile_arguments.hpp"
#include "cuda_common/tile_plan.hpp"

namespace arbiter::cuda {

/// The memory of a strategy with Lamport slots (cuda_common/lamport.cuh): empty slots on every rank that all ranks can
/// store to, and this rank's EpochState. It belongs to one group and one backend, whose stream orders the operations
/// that share it; other groups and streams get other memory.
class LamportMemory {
 public:
  /// Collective. Throws Error on every rank.
  LamportMemory(CudaBackend& backend, ProcessGroup& group, std::size_t slot_bytes);

  /// Collective, with the same result on every rank. Whether all of them keep the same memory, of these ranks in this
  /// order and this backend, it is not broken, and `fits` holds.
  [[nodiscard]] static bool can_reuse(const LamportMemory* kept, const CudaBackend& backend, ProcessGroup& group,
                                      bool fits);
  /// Collective. Returns `kept` if it can be reused and is large enough on every rank; otherwise replaces it by new
  /// memory.
  [[nodiscard]] static std::shared_ptr<LamportMemory> reuse_or_make(std::shared_ptr<LamportMemory>& kept,
                                                                    CudaBackend& backend, ProcessGroup& group,
                                                                    std::size_t slot_bytes);

  /// Of each rank.
  [[nodiscard]] std::size_t slot_bytes() const { return slots_->bytes(); }
  /// By rank: device address of its slots.
  [[nodiscard]] std::span<void* const> slots() const { return slots_->of_ranks(); }
  /// Device address of the EpochState.
  [[nodiscard]] void* state() const { return state_->data(); }
  /// As those of PeerMemory.
  [[nodiscard]] SpinBound guarded(const SpinBound& bound) const { return slots_->guarded(bound); }
  void use() { slots_->use(); }

 private:
  const CudaBackend* backend_;
  int rank_;
  int ranks_;
  std::uint64_t token_ = 0;  ///< the same on all ranks of the memory, and no other memory has it
  std::unique_ptr<PeerMemory> slots_;
  std::unique_ptr<Buffer> state_;
};

/// Whether a kernel of the plan is launched programmatically (cuda_common/neighbours.cuh).
[[nodiscard]] DeviceCode neighbours_code(const TilePlan& plan);

/// A strategy's kernels for one problem, linked with the fusion's epilogue: one for aligned vectors
/// (VectorPlace::aligned), used where hidden size and tensors allow it, and one for everything else. Their names are
/// <family>_<plan's name>_aligned_<ranks> and <family>_<plan's name>_<ranks>.
class TileKernel {
 public:
  /// Links the kernels that the problem may need: that for unaligned vectors only where Preparation::alignment leaves
  /// them possible. Throws Error.
  TileKernel(const Preparation& preparation, DeviceCode code, std::string family, TilePlan plan);

  /// Fills in what does not depend on the bindings.
  void describe(TileArguments& arguments, const LamportMemory& memory) const;

  /// Enqueues; `Arguments` is the kernel's parameter, derived from TileArguments. Throws Error.
  template <class Arguments>
  void launch(Arguments& arguments, const Bindings& bindings) {
    bind(arguments, bindings);
    launch_with(&arguments, bindings);
  }

 private:
  void bind(TileArguments& arguments, const Bindings& bindings) const;
  void launch_with(void* parameter, const Bindings& bindings) const;
  [[nodiscard]] std::shared_ptr<Kernel> link(bool aligned) const;
  /// At most one block, or cluster, per tile, and at most as many as are resident at once.
  [[nodiscard]] unsigned grid_of(const Kernel& kernel) const;

  Problem problem_;
  CudaBackend& backend_;
  DeviceCode code_;
  std::string family_;
  TilePlan plan_;
  DeviceEpilogue epilogue_;
  Launch launch_;
  SpinBound bound_;
  int rank_;
  unsigned grid_of_any_ = 0;
  std::shared_ptr<Kernel> any_;      // null where all tensors are aligned
  std::shared_ptr<Kernel> aligned_;  // null where the hidden size does not allow it
};

}  // namespace arbiter::cuda
