#pragma once

#include <memory>
#include <string>

#include "arbiter/heuristic.hpp"
#include "common/table_selector.hpp"

namespace arbiter {

struct LutOptions {
  enum class Mode : std::uint8_t { argmin, stable };
  Mode mode = Mode::stable;
  double tie_percent = 2.0;
  std::string fallback;  ///< empty: the baseline of the data
};

/// Throws DataError if no row can be used.
[[nodiscard]] std::shared_ptr<const TableSelector> fit_lut(const Dataset& dataset, const LutOptions& options);

}  // namespace arbiter
