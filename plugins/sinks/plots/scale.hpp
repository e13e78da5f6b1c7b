// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "color.hpp"

namespace arbiter::plots {

struct Tick {
  double value = 0.0;
  std::string label;
};

/// Round numbers from `low` to `high`, for ticks: at least four in a logarithmic range.
[[nodiscard]] std::vector<double> round_values(double low, double high, bool logarithmic);

/// Maps values to colours, and describes the colour bar.
struct ColorScale {
  std::string title;
  Gradient gradient;     ///< empty: no colour bar
  bool stepped = false;  ///< bands of one colour each instead of a gradient
  bool logarithmic = false;
  double low = 0.0;
  double high = 1.0;
  std::vector<Tick> ticks;  ///< ascending

  [[nodiscard]] Color color_of(double value) const;
};

/// Microseconds from `fastest` to `slowest` (both above 0), ticks at round numbers also within one decade.
[[nodiscard]] ColorScale time_scale(double fastest, double slowest);

/// Per cent above a reference; the same scale for all data, so that colours can be compared between pictures.
[[nodiscard]] ColorScale overhead_scale(std::string title);
/// The value of a percentage on overhead_scale(): nearly linear below 5 %, logarithmic above, clamped at 1000 %.
[[nodiscard]] double overhead_position(double percent);

/// A ratio of two times around 1, from half to double; the same scale for all data.
[[nodiscard]] ColorScale change_scale();
/// The value of a ratio on change_scale(): that of its inverse with the sign changed; clamped at both ends.
[[nodiscard]] double change_position(double ratio);

/// A band per name, the first on top. Band i of n has the value n - 1 - i.
[[nodiscard]] ColorScale band_scale(const std::vector<std::string>& names, const std::vector<Color>& colors);

}  // namespace arbiter::plots
