// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// The path that an engine takes for a problem in the size range of answer number `answer`; a name without times where
/// the engine would fail.
using PathOfAnswer = std::function<std::string(const Problem&, std::size_t answer)>;

/// The cost of each answer at each measured message size: the sum, over the cells of that size, of the time relative to
/// the cell's best. A path without a time costs more than all others together. A fusion for which an answer was never
/// measured, though it was for another, says nothing of that answer: its cells do not count, unless there are no
/// others.
struct SizeCosts {
  std::size_t answers = 0;
  std::vector<std::int64_t> bytes;  ///< ascending
  std::vector<double> cost;         ///< [size][answer]
};

/// `paths` is the result of times_of_paths(), for one tp_size.
[[nodiscard]] SizeCosts size_costs(const Dataset& paths, std::size_t answers, const PathOfAnswer& path);

/// The cut-offs with the least total cost when answers apply in order of size: for each answer but the last, the
/// largest measured size it applies to, or 0. Ascending. Of equal costs the later answer, so that no range is larger
/// than the data justify; none extends beyond the largest measured size but that of the last answer.
[[nodiscard]] std::vector<std::int64_t> best_cuts(const SizeCosts& costs);

}  // namespace arbiter
