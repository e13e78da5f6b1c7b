// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace arbiter {

/// Why ranks may have failed to start, as far as this process sees it: no network interface is up, or a folder in which
/// MPI makes files is missing, full or read-only ("the temporary folder /scratch is full; TMPDIR names another"). Empty
/// if nothing of that is so.
[[nodiscard]] std::string mpi_obstacle();

}  // namespace arbiter
