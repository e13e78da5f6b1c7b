#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/heuristic.hpp"

namespace arbiter {

/// "always NCCL".
[[nodiscard]] std::shared_ptr<const Selector> always(const std::string& strategy);

/// "best byte threshold": per tp size one strategy for messages up to a number of bytes and one above, whatever the
/// fusion: the three of least total regret on the data (first, with the fewest cells where the choice has no time).
/// What engines could at best do with the single threshold that many have.
[[nodiscard]] std::shared_ptr<const Selector> best_byte_threshold(const Dataset& dataset);

/// The rules anybody could follow without measuring all of it, as far as the data have their strategies: always the
/// baseline, always ONESHOT, the best byte threshold. Empty without usable rows.
[[nodiscard]] std::vector<std::shared_ptr<const Selector>> reference_selectors(const Dataset& dataset);

}  // namespace arbiter
