#pragma once

#include <memory>

#include <mpi.h>

namespace arbiter::mpi {

/// A duplicate of a communicator, freed with its last user.
using SharedCommunicator = std::shared_ptr<MPI_Comm>;

/// Collective. The duplicate uses the algorithm the library picks by itself.
[[nodiscard]] SharedCommunicator duplicate(MPI_Comm communicator);

/// Collective. Allreduce on the duplicate uses Open MPI's ring, whatever the message. Throws Error on every rank where
/// one cannot choose: another MPI, or one started without coll_tuned_use_dynamic_rules.
[[nodiscard]] SharedCommunicator duplicate_with_ring(MPI_Comm communicator);

}  // namespace arbiter::mpi
