// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/heuristic.hpp"

namespace arbiter {

/// "always NCCL".
[[nodiscard]] std::shared_ptr<const Selector> always(const std::string& strategy);

/// "best constant strategy": per tp size one strategy for everything: the one with the fewest cells without a time,
/// then with the least total regret.
[[nodiscard]] std::shared_ptr<const Selector> best_constant(const Dataset& dataset);

/// "best byte threshold": per tp size one strategy up to a number of bytes and one above, for all fusions. Of all such
/// rules the one with the fewest cells whose choice has no time, then with the least total regret. The best an engine
/// with a single threshold can do.
[[nodiscard]] std::shared_ptr<const Selector> best_byte_threshold(const Dataset& dataset);

/// The simple rules that selectors are compared with: always the baseline if it was measured, the best constant
/// strategy and the best byte threshold. Empty without usable rows.
[[nodiscard]] std::vector<std::shared_ptr<const Selector>> reference_selectors(const Dataset& dataset);

}  // namespace arbiter
