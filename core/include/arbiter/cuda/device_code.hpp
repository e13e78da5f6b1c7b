// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "arbiter/cuda/epilogue_arguments.hpp"

namespace arbiter::cuda {

/// Device code that is linked at run time: the LTO-IR of one translation unit (nvcc -dlto) in a fatbin, embedded in the
/// plugin. arbiter_add_device_code(<target> <name> SOURCE <name>.cu) compiles it once per message dtype and declares
/// `DeviceCode <name>_code(DType)` in "device_code/<name>.hpp". CudaBackend::link() joins several parts with nvJitLink.
struct DeviceCode {
  std::string name;                     ///< for messages: "oneshot.bfloat16"
  std::span<const std::byte> fatbin{};  ///< not owned; valid while the plugin is loaded

  [[nodiscard]] bool empty() const { return fatbin.empty(); }
};

/// What a fusion returns from Fusion::device_epilogue() for one problem.
struct DeviceEpilogue {
  DeviceCode code;  ///< defines the functions of arbiter/cuda/epilogue.cuh for the problem's dtype; empty: unsupported
  /// The scalar is computed from all elements of the row, so a strategy must keep rows together. If false, a strategy
  /// may cut the message between any two vectors, and passes 0 as the scalar and the maximum.
  bool needs_row = true;
  std::array<float, EpilogueArguments::max_scalars> scalars{};  ///< passed on as EpilogueArguments::scalars
};

}  // namespace arbiter::cuda
