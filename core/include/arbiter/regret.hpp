#pragma once

#include <cstdint>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/selector.hpp"

namespace arbiter {

/// How much slower a selector's choices are than the best measured: time(chosen) / time(best) - 1, over cells.
struct Regret {
  std::int64_t cells = 0;       ///< with at least one usable row
  std::int64_t unmeasured = 0;  ///< cells where the choice has no usable row; not in the figures below
  double mean = 0.0;
  double p95 = 0.0;
  double worst = 0.0;
  double within_one_percent = 0.0;  ///< share of cells, 0..1
};

[[nodiscard]] ARBITER_EXPORT Regret regret_of(const Selector& selector, const Dataset& dataset);

}  // namespace arbiter
