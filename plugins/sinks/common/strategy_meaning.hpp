// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "arbiter/sink.hpp"

namespace arbiter {

// What stands behind the numbers of a table that an engine compiles: an engine has kernels of its own under some of
// them.

/// What was measured under the name of a strategy: "the strategy ONESHOT on cuda", with the parameters by which
/// names of one strategy differ; and "as the data call it" where no run and no configuration says it.
[[nodiscard]] std::string strategy_meaning(const Report& report, const std::string& name);

/// What an engine's author must know before the numbers are used for the engine's kernels; lines without their ends.
[[nodiscard]] std::vector<std::string> numbers_warning(const Report& report);

}  // namespace arbiter
