#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cost_model/least_deviations.hpp"

namespace arbiter {

/// A line of its own for each regime, a range of message sizes.
struct TimeCurve {
  struct Regime {
    std::int64_t last_byte = 0;  ///< inclusive; that of the last regime is the largest number
    LinearTime line;
  };

  std::vector<Regime> regimes;  ///< ascending, not empty

  [[nodiscard]] double at(std::int64_t bytes, std::int64_t tokens) const;
  /// "2.21 us + 0.31/MiB to 64 KiB, then 1.80 us + 0.4/MiB + 0.01/token"
  [[nodiscard]] std::string text() const;
};

/// The rule: for one regime, then two, up to `max_regimes`, the borders (halfway in logarithms between two neighbouring
/// sizes) of least total deviation, of all ways to cut the sizes (grouped to at most sixteen) so that a regime has at
/// least two groups and six points. One regime more is taken only if that lowers the deviation by a tenth, and if it is
/// over 0.5 % a point before. Throws Error if there is no point.
[[nodiscard]] TimeCurve fit_time_curve(std::vector<TimePoint> points, std::size_t max_regimes);

}  // namespace arbiter
