// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cuda_runtime_api.h>

#include "arbiter/dataset.hpp"
#include "arbiter/problem.hpp"

namespace arbiter::cuda {

/// Which GPU this rank uses: the one whose number is its local rank, which the launcher puts into the environment.
struct DeviceChoice {
  int devices = 0;                ///< visible to this process
  int local_rank = 0;             ///< among the ranks of this host; 0 without a launcher
  int local_ranks = 1;            ///< on this host, as far as the launcher says
  bool may_share = false;         ///< ARBITER_SHARE_GPUS=1: several ranks may use one GPU
  std::string failure;            ///< CUDA's message if no device is visible
  std::string visible_devices{};  ///< CUDA_VISIBLE_DEVICES

  [[nodiscard]] Support usable() const;
  /// Only if usable().
  [[nodiscard]] int device() const { return local_rank % devices; }
  /// The most of `ranks` ranks on this host that use the same GPU.
  [[nodiscard]] int ranks_per_device(int ranks) const;
};

/// Makes no CUDA context.
[[nodiscard]] DeviceChoice choose_device();

/// Makes no CUDA context. Throws Error.
[[nodiscard]] int device_attribute(cudaDeviceAttr attribute, int device);
/// 90 for sm_90. Makes no CUDA context. Throws Error.
[[nodiscard]] int sm_version_of(int device);

/// Platform "sm90", and the facts gpu, gpus, gpu_ids, gpu_links, multicast, sms, sm_clock_max_mhz,
/// memory_clock_max_mhz, driver, cuda and nccl. Throws Error.
[[nodiscard]] Machine machine_facts(int device);

}  // namespace arbiter::cuda
