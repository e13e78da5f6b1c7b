#pragma once

#include <string>
#include <vector>

#include "arbiter/regret.hpp"

namespace arbiter {

/// What AUTO's own times say, and how far they can be trusted: its rows were measured after the others, so each is also
/// compared with the earlier time of the strategy that the first selector names, which is the same operation. Empty if
/// AUTO was not measured.
[[nodiscard]] std::vector<std::string> auto_lines(const Report& report, const std::vector<RegretRow>& rows);

}  // namespace arbiter
