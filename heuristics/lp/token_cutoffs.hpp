#pragma once

#include <string>

#include "lp/region_labels.hpp"

namespace arbiter {

/// Thresholds in tokens, for each hidden size of its own: labels that do not fall along tokens.
[[nodiscard]] RegionLabels token_cutoffs(const CellBlock& block, const std::vector<std::string>& order);

/// "128 .. 2048: ONESHOT; 4096 .. 8192: ONESHOT to 64, NCCL": hidden sizes with the same thresholds together, each
/// threshold the last measured token count.
[[nodiscard]] std::string token_cutoffs_text(const DecisionGrid& grid);

}  // namespace arbiter
