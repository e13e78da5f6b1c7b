// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cost_model/least_deviations.hpp"

namespace arbiter {

/// Time by shape, piecewise linear: one line for each regime, a range of message sizes.
struct TimeCurve {
  struct Regime {
    std::int64_t last_byte = 0;      ///< inclusive; the largest number for the last regime
    std::int64_t last_measured = 0;  ///< the largest size it was fitted to
    LinearTime line;
  };

  std::vector<Regime> regimes;  ///< ascending, not empty

  [[nodiscard]] double at(std::int64_t bytes, std::int64_t tokens) const;
  /// "2.21 us + 0.31/MiB to 64 KiB, then 1.80 us + 0.4/MiB + 0.01/token": each size is the last measured one
  [[nodiscard]] std::string text() const;
};

/// Fits the curve with the fewest regimes that pay off. For one regime, then two, up to `max_regimes`, it finds the cut
/// of the sizes (in at most sixteen groups) with the least total deviation, each regime having at least two groups and
/// six points; borders are geometric means of neighbouring sizes. It adds a regime only while the deviation exceeds
/// 0.5 % per point and the regime lowers it by a tenth. Throws Error if there is no point.
[[nodiscard]] TimeCurve fit_time_curve(std::vector<TimePoint> points, std::size_t max_regimes);

}  // namespace arbiter
