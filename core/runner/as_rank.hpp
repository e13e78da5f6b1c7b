// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "arbiter/error.hpp"
#include "options.hpp"

namespace arbiter {

/// Runs a sweep or a check as one of its ranks. All ranks use rank 0's text of the configuration: other hosts need not
/// have it. With a `refusal` the sweep ends at once, for that reason.
[[nodiscard]] ExitCode run_as_rank(const Options& options, const std::string& refusal = {});

/// Does the work of a program: its exit code, after a line about any error.
[[nodiscard]] int exit_code_of(const std::function<ExitCode()>& work);

}  // namespace arbiter
