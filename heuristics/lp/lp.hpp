// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/heuristic.hpp"
#include "lp/regions.hpp"

namespace arbiter {

struct LpOptions {
  enum class Shape : std::uint8_t { regions, bytes };
  Shape shape = Shape::regions;
  std::vector<std::string> order;  ///< from latency- to bandwidth-optimal; empty: strategy_order()
  std::string fallback;            ///< empty: the dataset's baseline_strategy()
  MonotoneRule monotone = {};
  std::optional<LookUp> look_up = {};  ///< of regions; empty: by cross-validation
  std::string note = {};               ///< lines for the report, each after a line break
};

/// Throws DataError if no row of a strategy of the order is usable, Error if GLPK fails.
[[nodiscard]] std::shared_ptr<const Selector> fit_lp(const Dataset& dataset, const LpOptions& options);

}  // namespace arbiter
