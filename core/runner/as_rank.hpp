// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arbiter/error.hpp"
#include "options.hpp"

namespace arbiter {

/// Runs a sweep as one of its ranks. All ranks use rank 0's text of the configuration: other hosts need not have it.
[[nodiscard]] ExitCode run_as_rank(const Options& options);

/// Runs a check as one of its ranks.
[[nodiscard]] ExitCode check_as_rank(const Options& options);

}  // namespace arbiter
