#pragma once

#include <string>

#include "arbiter/process_group.hpp"

namespace arbiter::cuda {

/// Collective. Which rank's GPU cannot reach whose, the same on every rank; empty if all reach all.
[[nodiscard]] std::string missing_peer_access(int device, ProcessGroup& group);

}  // namespace arbiter::cuda
