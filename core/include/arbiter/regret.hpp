#pragma once

#include <cstdint>
#include <string>

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

/// "mean 0.31 %, p95 1.90 %, worst 7.42 %, within 1 % in 92 % of 105 cells": one line for a person.
[[nodiscard]] ARBITER_EXPORT std::string to_string(const Regret& regret);

}  // namespace arbiter
