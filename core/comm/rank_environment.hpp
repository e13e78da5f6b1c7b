#pragma once

namespace arbiter {

/// Whether an MPI launcher (mpirun, srun) started this process as one of its ranks. Throws ConfigError where srun
/// started several processes that cannot find each other.
[[nodiscard]] bool started_as_rank();

/// Processors this process may run on: what its affinity mask and its container allow.
[[nodiscard]] int usable_cores();

/// What Open MPI has to know before it starts: that the MPI strategy may pick its algorithm per communicator, and
/// that `ranks_on_host` share the cores.
void prepare_mpi_environment(int ranks_on_host);

}  // namespace arbiter
