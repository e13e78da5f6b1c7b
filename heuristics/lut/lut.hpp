// SPDX-License-Identifier: Apache-2.0
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
  double tie_percent = 1.5;            ///< stable only: see StableChoice::tie()
  std::string fallback;                ///< empty: the dataset's baseline_strategy()
  std::optional<LookUp> look_up = {};  ///< empty: `exact` for argmin; by cross-validation for stable
  Refine refine = Refine::automatic;   ///< stable only, without effect on floor_log2; automatic: by cross-validation
  std::string note = {};               ///< lines for the report, each after a line break
};

/// Throws DataError if no row is usable.
[[nodiscard]] std::shared_ptr<const TableSelector> fit_lut(const Dataset& dataset, const LutOptions& options);

}  // namespace arbiter
