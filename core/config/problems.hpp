// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "config/diagnostics.hpp"

namespace arbiter {

/// Reads `problems` into the config, all but its fusions. Only in `data_dir_mode` may it or a part of it be missing.
void read_problems(const ConfigCursor& root, bool data_dir_mode, Config& config);

/// Reports more problems than a sweep can have. For a config whose fusions are read too.
void check_problem_count(const ConfigCursor& root, const Config& config);

}  // namespace arbiter
