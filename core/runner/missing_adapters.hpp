// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace arbiter {

/// What the adapters of the configuration's strategies need and the interpreters of this machine do not have: a line
/// for each adapter and interpreter, with the strategies that cannot run. Each interpreter is started once; no engine
/// is.
[[nodiscard]] std::vector<std::string> missing_adapters(const Config& config);

}  // namespace arbiter
