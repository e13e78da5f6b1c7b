// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include <cuda.h>

#include "cuda_common/tile_plan.hpp"

namespace arbiter::runtime {

/// What launches depend on besides the plan.
struct Device {
  CUdevice ordinal = 0;
  CUcontext context = nullptr;
  int sm_version = 0;
  cuda::DeviceTraits traits{};       ///< of all ranks' devices
  unsigned shared_bytes_per_sm = 0;  ///< of this one
};

/// Device code of that name, as device_code() has it, loaded into the current context.
class Module {
 public:
  explicit Module(const std::string& name);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  /// Loaded at once: on first use the driver might wait for the device.
  [[nodiscard]] CUfunction function(const std::string& name) const;

 private:
  CUmodule module_ = nullptr;
};

/// A kernel, and how many of its blocks the device can run at once, by warps per block.
struct Kernel {
  static constexpr std::size_t most_warps = 16;

  CUfunction function = nullptr;
  std::array<std::array<int, most_warps + 1>, 2> resident{};  ///< [exclusive_sm][warps]
};

/// The kernels of a strategy, way of launching, fusion and dtype, for one number of ranks.
class KernelSet {
 public:
  /// `name`: of device_code(), "oneshot_plain_none_bfloat16". `rows`: those for whole rows, else those that cut rows.
  KernelSet(const std::string& name, const std::string& strategy, bool rows, int ranks, const Device& device);

  /// Null if there is none for the plan.
  [[nodiscard]] const Kernel* find(const cuda::TilePlan& plan, bool aligned) const;

 private:
  enum Place : std::size_t { flat, flat_aligned, rows1, rows2, rows3, rows4, pair, quad, places };

  Module module_;
  std::array<Kernel, places> kernels_;
};

/// Whether rows of so many vectors have a kernel, which they do unless they take shared memory.
[[nodiscard]] bool fits_registers(std::int64_t vectors, int ranks, const cuda::TileParameters& parameters,
                                  const cuda::DeviceTraits& traits);

}  // namespace arbiter::runtime
