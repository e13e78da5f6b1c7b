#pragma once

#include <string>

#include "arbiter/backend.hpp"
#include "arbiter/machine_probe.hpp"
#include "arbiter/process_group.hpp"
#include "config/config.hpp"

namespace arbiter {

/// Collective. Measures what bounds every strategy between the ranks of the group, the same on every rank: each case is
/// run once and looked at, then timed as strategies are. Cases that fail say why. Without rows if the backend has no
/// prober or the ranks are on several hosts. Throws Error if the backend is lost or its prober cannot be made.
[[nodiscard]] MachineProbe run_probe(Backend& backend, ProcessGroup& group, const MeasurementConfig& config);

/// "starts in 0.45 us, a word takes 1.12 us, 365 GB/s out of a rank"; a kind that is not known is left out.
[[nodiscard]] std::string to_string(const MachineProbe& probe);

}  // namespace arbiter
