// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "sweep/part.hpp"
#include "sweep/plan.hpp"

namespace arbiter {

/// `--dry-run` on one screen, in lines of at most 100 characters: shapes and strategies, how many problems and cells of
/// each tp size and fusion and how long they take at most, what is skipped and why, and of a sweep with several parts
/// which ranks measure what. `gpus` are those that the plan assumes, if it does; `missing` has a line for each thing
/// that this machine lacks.
[[nodiscard]] std::vector<std::string> plan_lines(const Config& config, const Plan& plan, const std::string& gpus,
                                                  const std::vector<Part>& parts,
                                                  const std::vector<std::string>& missing);

}  // namespace arbiter
