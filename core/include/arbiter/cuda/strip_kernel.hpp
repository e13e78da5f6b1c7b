#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/cuda/strip_arguments.hpp"
#include "arbiter/cuda/strip_plan.hpp"
#include "arbiter/export.hpp"
#include "arbiter/strategy.hpp"

namespace arbiter::cuda {

/// A strategy's kernels over strips, joined with the epilogue of a problem: the one for whole vectors
/// (VectorPlace::whole) where hidden size and tensors allow it, and the one for all else. Its entries are called
/// <family>_<plan's name>_<ranks> and <family>_<plan's name>_whole_<ranks>.
class ARBITER_EXPORT StripKernel {
 public:
  /// Links what the problem needs. Throws Error.
  StripKernel(const Preparation& preparation, DeviceCode code, std::string family, StripPlan plan);

  /// Fills the part of `arguments` that is the same for every message of the problem, but for `state`.
  void describe(StripArguments& arguments) const;

  /// Enqueues; `Arguments` is the kernel's parameter. Throws Error.
  template <class Arguments>
  void launch(Arguments& arguments, const Bindings& bindings) {
    bind(arguments, bindings);
    launch_with(&arguments, bindings);
  }

 private:
  void bind(StripArguments& arguments, const Bindings& bindings) const;
  void launch_with(void* parameter, const Bindings& bindings);
  [[nodiscard]] std::shared_ptr<Kernel> link(bool whole) const;
  /// No more blocks than there are strips for, and than run at once.
  [[nodiscard]] unsigned grid_of(const Kernel& kernel) const;

  Problem problem_;
  CudaBackend& backend_;
  DeviceCode code_;
  std::string family_;
  StripPlan plan_;
  DeviceEpilogue epilogue_;
  Launch launch_;
  SpinBound bound_;
  int rank_;
  std::shared_ptr<Kernel> any_;    // linked when it is first needed, if `whole_` is there
  std::shared_ptr<Kernel> whole_;  // null where the hidden size does not allow it
};

}  // namespace arbiter::cuda
