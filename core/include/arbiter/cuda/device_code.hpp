#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "arbiter/cuda/epilogue_arguments.hpp"

namespace arbiter::cuda {

/// Device code as nvcc makes it with -dlto: LTO-IR of one translation unit in a fatbin, embedded in a plugin (see
/// arbiter_add_device_code() in the CMake package). The backend joins several with nvJitLink when a kernel is prepared.
struct DeviceCode {
  std::string name;                     ///< for messages: "oneshot.bfloat16"
  std::span<const std::byte> fatbin{};  ///< lives as long as the plugin

  [[nodiscard]] bool empty() const { return fatbin.empty(); }
};

/// A fusion's epilogue on CUDA devices for one problem: see arbiter/cuda/epilogue.cuh for what the code defines.
struct DeviceEpilogue {
  DeviceCode code;        ///< compiled for the problem's dtype; empty if the fusion has none
  bool needs_row = true;  ///< the scalar depends on the whole row; if not, rows may be cut anywhere between vectors
  std::array<float, EpilogueArguments::max_scalars> scalars{};
};

}  // namespace arbiter::cuda
