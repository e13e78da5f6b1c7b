// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace arbiter {

/// Whether an MPI launcher (mpirun, srun) started this process as one of its ranks. Throws ConfigError if srun started
/// several processes that cannot find each other.
[[nodiscard]] bool started_as_rank();

/// A rank's variable that started_as_rank() does not obey, as this process is alone: it was inherited from a shell
/// under srun, or from the launcher of a container. Removes it and what belongs to it, so that the ranks that this
/// process starts do not inherit it. Empty if there is none.
[[nodiscard]] std::string take_inherited_rank();

/// The number of processors that the affinity mask and the container allow this process.
[[nodiscard]] int usable_cores();

/// Sets up Open MPI before it starts: the MPI strategy may choose its algorithm per communicator, and idle ranks yield
/// if `ranks_on_host` exceed the cores.
void prepare_mpi_environment(int ranks_on_host);

/// Calls `work(begin, end)` for parts that together are [0, count), on this rank's share of the usable cores:
/// `ranks_on_host` do the same at once. No part is smaller than `least`; a single part runs in the calling thread. What
/// a part throws is rethrown when all parts have ended.
void in_parallel(std::int64_t count, std::int64_t least, int ranks_on_host,
                 const std::function<void(std::int64_t begin, std::int64_t end)>& work);

}  // namespace arbiter
