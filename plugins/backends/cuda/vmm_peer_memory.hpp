#pragma once

#include "ipc_memory.hpp"

namespace arbiter::cuda {

/// Collective. cuMem memory, handed to the peers as file descriptors. It lives while anybody has it mapped. Throws
/// Error, the same on every rank.
[[nodiscard]] std::unique_ptr<PeerMemory> share_by_descriptors(const SharedMemoryRequest& request);

}  // namespace arbiter::cuda
