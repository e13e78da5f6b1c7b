#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/heuristic.hpp"
#include "lp/block_regions.hpp"

namespace arbiter {

struct LpOptions {
  enum class Shape : std::uint8_t { regions, bytes };
  Shape shape = Shape::regions;
  std::vector<std::string> order;  ///< from latency- to bandwidth-optimal; empty: from the data
  std::string fallback;            ///< empty: the baseline of the data
  MonotoneRule monotone = {};
  std::optional<LookUp> look_up = {};  ///< of regions; nothing: by cross-validation
};

/// Throws DataError if no row of an allowed strategy can be used, Error if the solver fails.
[[nodiscard]] std::shared_ptr<const Selector> fit_lp(const Dataset& dataset, const LpOptions& options);

}  // namespace arbiter
