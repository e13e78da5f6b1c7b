#pragma once

#include <array>

#include "arbiter/cuda/device_code.hpp"
#include "arbiter/cuda/epilogue_arguments.hpp"

namespace arbiter::cuda {

/// A fusion's epilogue on CUDA devices for one problem: see arbiter/cuda/epilogue.cuh for what the code defines.
struct DeviceEpilogue {
  DeviceCode code;        ///< compiled for the problem's dtype; empty if the fusion has none
  bool needs_row = true;  ///< the scalar depends on the whole row; if not, rows may be cut anywhere between vectors
  std::array<float, EpilogueArguments::max_scalars> scalars{};
};

}  // namespace arbiter::cuda
