#pragma once

#include "arbiter/error.hpp"
#include "options.hpp"

namespace arbiter {

/// One rank of a sweep. All ranks use rank 0's text of the configuration, so hosts need not have the same file.
[[nodiscard]] ExitCode run_as_rank(const Options& options);

/// One rank of a check.
[[nodiscard]] ExitCode check_as_rank(const Options& options);

}  // namespace arbiter
