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

/// "best byte threshold": per tp size one strategy up to a number of bytes and one above, for all fusions. Of all such
/// rules the one with the fewest cells whose choice has no time, then with the least total regret. The best an engine
/// with a single threshold can do.
[[nodiscard]] std::shared_ptr<const Selector> best_byte_threshold(const Dataset& dataset);

/// The simple rules that selectors are compared with: always the baseline, always ONESHOT (each if it was measured),
/// and the best byte threshold. Empty without usable rows.
[[nodiscard]] std::vector<std::shared_ptr<const Selector>> reference_selectors(const Dataset& dataset);

}  // namespace arbiter
