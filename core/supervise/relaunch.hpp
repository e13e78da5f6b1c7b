#pragma once

#include "supervise/launch_run.hpp"

namespace arbiter {

/// launch_ranks() for a sweep. Ranks that break while they measure a cell, or give no word for too long, cost that
/// cell: fresh ones are started and go on behind it, unless somebody wanted the end or several in a row came to
/// nothing. Ranks that break elsewhere are replaced if they had measured anything.
[[nodiscard]] Launched launch_sweep(int ranks, bool core_each, int argc, char** argv);

}  // namespace arbiter
