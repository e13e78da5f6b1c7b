#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "arbiter/heuristic.hpp"
#include "common/table_selector.hpp"

namespace arbiter {

struct LutOptions {
  enum class Mode : std::uint8_t { argmin, stable };
  enum class Refine : std::uint8_t { automatic, always, never };
  Mode mode = Mode::stable;
  double tie_percent = 2.0;
  std::string fallback;                ///< empty: the baseline of the data
  std::optional<LookUp> look_up = {};  ///< nothing: `exact` for argmin; for stable, by cross-validation
  Refine refine = Refine::automatic;   ///< stable, unless floor_log2; by cross-validation, too
};

/// Throws DataError if no row can be used.
[[nodiscard]] std::shared_ptr<const TableSelector> fit_lut(const Dataset& dataset, const LutOptions& options);

}  // namespace arbiter
