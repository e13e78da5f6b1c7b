#pragma once

#include <map>
#include <string>
#include <vector>

#include "color.hpp"

namespace arbiter::plots {

/// A colour for each name, the same in every picture: well-known strategies have one of their own, another's follows
/// from its name, and only moves on if a strategy of the same dataset holds it already.
[[nodiscard]] std::map<std::string, Color> strategy_colors(std::vector<std::string> strategies);

}  // namespace arbiter::plots
