#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/export.hpp"
#include "arbiter/strategy.hpp"
#include "cuda_common/tile_arguments.hpp"
#include "cuda_common/tile_plan.hpp"

namespace arbiter::cuda {

/// A strategy's kernels over tiles, joined with the epilogue of a problem: the one for aligned vectors
/// (VectorPlace::aligned) where hidden size and tensors allow it, and the one for all else. Its entries are called
/// <family>_<plan's name>_<ranks> and <family>_<plan's name>_aligned_<ranks>.
class ARBITER_EXPORT TileKernel {
 public:
  /// Links what the problem needs. Throws Error.
  TileKernel(const Preparation& preparation, DeviceCode code, std::string family, TilePlan plan);

  /// Fills the part of `arguments` that is the same for every message of the problem, but for `state`.
  void describe(TileArguments& arguments) const;

  /// Enqueues; `Arguments` is the kernel's parameter. Throws Error.
  template <class Arguments>
  void launch(Arguments& arguments, const Bindings& bindings) {
    bind(arguments, bindings);
    launch_with(&arguments, bindings);
  }

 private:
  void bind(TileArguments& arguments, const Bindings& bindings) const;
  void launch_with(void* parameter, const Bindings& bindings);
  [[nodiscard]] std::shared_ptr<Kernel> link(bool aligned) const;
  /// No more blocks than there are tiles for, and than run at once.
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
  std::shared_ptr<Kernel> any_;      // linked when it is first needed, if `aligned_` is there
  std::shared_ptr<Kernel> aligned_;  // null where the hidden size does not allow it
};

}  // namespace arbiter::cuda
