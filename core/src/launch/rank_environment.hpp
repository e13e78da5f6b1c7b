#pragma once

#include "arbiter/export.hpp"

namespace arbiter {

/// Whether an MPI launcher (mpirun, srun) started this process as one of its ranks. Throws ConfigError where srun
/// started several processes that cannot find each other.
[[nodiscard]] ARBITER_EXPORT bool started_as_rank();

/// Processors this process may run on: what its affinity mask and its container allow.
[[nodiscard]] ARBITER_EXPORT int usable_cores();

/// What Open MPI has to know before it starts: that the MPI strategy may pick its algorithm per communicator, and
/// that `ranks_on_host` share the cores.
ARBITER_EXPORT void prepare_mpi_environment(int ranks_on_host);

}  // namespace arbiter
