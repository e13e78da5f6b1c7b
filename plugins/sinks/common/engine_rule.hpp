#pragma once

#include <functional>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/regret.hpp"

namespace arbiter {

/// What an engine does with the numbers written for it: the path it takes for a problem.
using EngineRule = std::function<std::string(const Problem&)>;

/// The regret of that rule against the best path of each measured cell; `paths` is what times_of_paths() made.
[[nodiscard]] Regret regret_of_rule(const Dataset& paths, const EngineRule& rule);

/// "tp 4, 6": the tp sizes of `expected` that `measured` lacks; empty if none.
[[nodiscard]] std::string never_measured(const std::vector<int>& expected, const std::vector<int>& measured);

}  // namespace arbiter
