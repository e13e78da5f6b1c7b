#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// The path an engine takes for a problem in whose size range answer number `answer` stands; a name without times
/// where the engine would fail.
using PathOfAnswer = std::function<std::string(const Problem&, std::size_t answer)>;

/// What each answer costs at each measured message size: the sum over the cells of that size of the time relative to
/// the cell's best; a path without a time costs more than all others together.
struct SizeCosts {
  std::size_t answers = 0;
  std::vector<std::int64_t> bytes;  ///< ascending
  std::vector<double> cost;         ///< [size][answer]
};

/// `paths` is what times_of_paths() made, of one tp size.
[[nodiscard]] SizeCosts size_costs(const Dataset& paths, std::size_t answers, const PathOfAnswer& path);

/// For each answer but the last, the largest measured size it stands for when sizes go through the answers in order
/// at the least total cost; 0: for none. Ascending. Of equal costs the later answer, so that nothing is claimed
/// without need; nothing is claimed above the largest measured size.
[[nodiscard]] std::vector<std::int64_t> best_cuts(const SizeCosts& costs);

}  // namespace arbiter
