// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "arbiter/backend.hpp"
#include "arbiter/machine_probe.hpp"
#include "arbiter/process_group.hpp"
#include "config/config.hpp"

namespace arbiter {

/// Collective. Measures latency and bandwidth between the ranks of the group, which bound every strategy. Each case
/// runs once and is verified, then it is timed like a strategy; a case that fails has a reason. Every rank gets the
/// same rows; there are none if the backend has no prober or the ranks are on several hosts. Throws Error if the
/// backend is lost or its prober cannot be made.
[[nodiscard]] MachineProbe run_probe(Backend& backend, ProcessGroup& group, const MeasurementConfig& config);

/// "an operation starts in 0.45 us, a word takes 1.12 us, 365 GB/s out of every rank at once", as far as probed.
[[nodiscard]] std::string to_string(const MachineProbe& probe);

}  // namespace arbiter
