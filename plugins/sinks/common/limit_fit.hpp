// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/engine_cells.hpp"

namespace arbiter {

/// A number of an engine's table.
struct Limit {
  std::optional<std::int64_t> shipped;  ///< the engine's own value; it is tried too, whatever is allowed
  std::vector<std::int64_t> allowed;    ///< ascending
};

/// Powers of two and their halves again (2, 3, 4, 6, 8, ...) from `from` to `to`, and these two. Engines' own tables
/// are made of such numbers, and they are few enough that noise seldom moves a limit from one to another.
[[nodiscard]] std::vector<std::int64_t> round_numbers(std::int64_t from, std::int64_t to);

/// The path that the engine takes with some values in its table; a name without times where it would fail.
using PathOfLimits = std::function<std::string(const Problem&, const std::vector<std::int64_t>& values)>;

/// The values with the least mean regret over the cells, of every combination. A value stays the shipped one if that
/// costs up to 0.5 % in the mean, for all that stay together, and up to 10 % in the worst cell: a second measurement of
/// the same machine would move others. But where the least gains enough to be written, see keeps_shipped(), so does
/// what is returned. Combinations within 0.1 % of the least count as equal: of them the one with the most shipped
/// values, then the roundest, then the smallest. Never one with a worse mean than the shipped values, if there are all,
/// over the cells in which these choose a path with a time. A choice without a time counts as a failure where the path
/// was measured for the fusion; the cells of a fusion for which it was not say nothing and do not count. Nothing if the
/// values make no difference in any cell that counts. A reference has the least mean regret, whatever ships.
[[nodiscard]] std::optional<std::vector<std::int64_t>> fit_limits(const std::vector<EngineCell>& cells,
                                                                  const std::vector<Limit>& limits,
                                                                  const PathOfLimits& path,
                                                                  FitFor purpose = FitFor::file);

}  // namespace arbiter
