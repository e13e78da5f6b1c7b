#pragma once

#include "arbiter/error.hpp"
#include "config/config.hpp"

namespace arbiter {

/// Runs this program again, with its own arguments, as the ranks of a run under mpirun, and says how that ended. What
/// was measured before an interruption is named.
[[nodiscard]] ExitCode launch_ranks(const Config& config, int argc, char** argv);

/// Tells the process that launched this rank how the run ended. False if there is none: the rank then exits with the
/// code itself. (mpirun comments every exit code but 0 at length.)
[[nodiscard]] bool report_to_launcher(ExitCode code);

}  // namespace arbiter
