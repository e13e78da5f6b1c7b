#pragma once

#include <chrono>
#include <memory>

#include "arbiter/cuda/cuda_backend.hpp"

namespace arbiter::cuda {

/// Collective. Latency and bandwidth between the devices of the ranks, by kernels and by copy engines. Throws Error on
/// every rank.
[[nodiscard]] std::unique_ptr<MachineProber> make_machine_prober(CudaBackend& backend, ProcessGroup& group,
                                                                 std::chrono::milliseconds timeout);

}  // namespace arbiter::cuda
