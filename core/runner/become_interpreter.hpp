// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "options.hpp"

namespace arbiter {

/// Turns this rank into the interpreter that its part of the sweep needs, before MPI starts: the process is replaced by
/// what `<python> -m arbiter.rank` is, which calls arbiter_rank_main() with the same arguments. Returns if no
/// interpreter is needed, with an empty text, or with the reason why these ranks cannot do the sweep: they were started
/// by the user's own mpirun or srun, and it has several parts. Throws SystemError if the interpreter cannot be started.
[[nodiscard]] std::string become_interpreter(const Options& options, int argc, char** argv);

}  // namespace arbiter
