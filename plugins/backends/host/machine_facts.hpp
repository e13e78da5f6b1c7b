#pragma once

#include "arbiter/dataset.hpp"

namespace arbiter::host {

/// Platform "cpu", and cpu, cores, isa, mpi, kernel as this process finds them.
[[nodiscard]] Machine machine_facts();

}  // namespace arbiter::host
