// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "arbiter/cuda/cuda_backend.hpp"

namespace arbiter::cuda {

/// Collective. Measures latency and bandwidth between the ranks' devices, of kernels and of copy engines. Throws Error
/// on every rank.
[[nodiscard]] std::unique_ptr<MachineProber> make_machine_prober(CudaBackend& backend, ProcessGroup& group,
                                                                 std::chrono::milliseconds timeout);

}  // namespace arbiter::cuda
