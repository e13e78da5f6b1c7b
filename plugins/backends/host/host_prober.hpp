// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "arbiter/backend.hpp"

namespace arbiter::host {

/// Collective. Measures latency and bandwidth of memory that the ranks of this host share. Throws Error on every rank.
[[nodiscard]] std::unique_ptr<MachineProber> make_machine_prober(ProcessGroup& group,
                                                                 std::chrono::milliseconds timeout);

}  // namespace arbiter::host
