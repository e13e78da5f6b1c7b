// SPDX-License-Identifier: Apache-2.0
#include "scale.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace arbiter::plots {

namespace {

constexpr double overhead_end = 1000.0;
constexpr double change_end = 2.0;
constexpr std::size_t enough_ticks = 4;

/// Multiples of powers of ten within the bounds.
std::vector<double> decade_ticks(double low, double high, const std::vector<double>& multiples) {
  std::vector<double> values;
  for (double decade = std::pow(10.0, std::floor(std::log10(low))); decade <= high; decade *= 10.0) {
    for (const double multiple : multiples) {
      const double value = decade * multiple;
      if (value >= low * 0.999 && value <= high * 1.001) values.push_back(value);
    }
  }
  return values;
}

/// Round steps, for ranges too narrow for multiples of powers of ten.
std::vector<double> linear_ticks(double low, double high) {
  const double rough = (high - low) / static_cast<double>(enough_ticks);
  const double decade = std::pow(10.0, std::floor(std::log10(rough)));
  const double share = rough / decade;
  const double step = decade * (share < 2.0 ? 1.0 : share < 5.0 ? 2.0 : 5.0);
  std::vector<double> values;
  for (double count = std::ceil(low / step); count * step <= high; count += 1.0) values.push_back(count * step);
  return values;
}

std::vector<double> tick_values(double low, double high) {
  const std::vector<std::vector<double>> coarse_to_fine = {{1}, {1, 2, 5}, {1, 1.5, 2, 3, 5, 7}};
  for (const auto& multiples : coarse_to_fine) {
    auto values = decade_ticks(low, high, multiples);
    if (values.size() >= enough_ticks) return values;
  }
  return linear_ticks(low, high);
}

}  // namespace

std::vector<double> round_values(double low, double high, bool logarithmic) {
  return logarithmic ? tick_values(low, high) : linear_ticks(low, high);
}

Color ColorScale::color_of(double value) const {
  if (stepped) return gradient.at(static_cast<std::size_t>(std::lround(value)));
  const auto along = [this](double x) { return logarithmic ? std::log(x) : x; };
  return interpolate(gradient, (along(value) - along(low)) / (along(high) - along(low)));
}

ColorScale time_scale(double fastest, double slowest) {
  ColorScale scale{.title = "latency, µs", .gradient = time_gradient(), .logarithmic = true, .ticks = {}};
  const double widen = slowest / fastest < 1.1 ? 1.1 : 1.0;  // so that a single value has a range
  scale.low = fastest / widen;
  scale.high = slowest * widen;
  for (const double value : tick_values(scale.low, scale.high)) {
    scale.ticks.push_back({value, fmt::format("{:.10g}", value)});
  }
  return scale;
}

ColorScale overhead_scale(std::string title) {
  ColorScale scale{
      .title = std::move(title), .gradient = overhead_gradient(), .high = overhead_position(overhead_end), .ticks = {}};
  for (const int percent : {0, 5, 10, 20, 50, 100, 200, 500}) {
    scale.ticks.push_back({overhead_position(percent), std::to_string(percent)});
  }
  scale.ticks.push_back({scale.high, "≥1000"});
  return scale;
}

double overhead_position(double percent) { return std::log10(1.0 + std::clamp(percent, 0.0, overhead_end) / 5.0); }

double change_position(double ratio) {
  const double percent = 100.0 * (std::min(std::max(ratio, 1.0 / ratio), change_end) - 1.0);
  return ratio < 1.0 ? -overhead_position(percent) : overhead_position(percent);
}

ColorScale change_scale() {
  ColorScale scale{.title = "change, %",
                   .gradient = change_gradient(),
                   .low = change_position(1.0 / change_end),
                   .high = change_position(change_end),
                   .ticks = {{change_position(1.0 / change_end), "≤-50"}}};
  for (const int percent : {-30, -20, -10, -5, 0, 5, 10, 20, 50}) {
    scale.ticks.push_back(
        {change_position(1.0 + percent / 100.0), fmt::format("{}{}", percent > 0 ? "+" : "", percent)});
  }
  scale.ticks.push_back({scale.high, "≥+100"});
  return scale;
}

ColorScale band_scale(const std::vector<std::string>& names, const std::vector<Color>& colors) {
  ColorScale scale{.title = "strategy", .gradient = {}, .stepped = true, .ticks = {}};
  scale.low = -0.5;
  scale.high = static_cast<double>(names.size()) - 0.5;
  for (std::size_t i = names.size(); i-- > 0;) {
    scale.gradient.push_back(colors[i]);
    scale.ticks.push_back({static_cast<double>(names.size() - 1 - i), names[i]});
  }
  return scale;
}

}  // namespace arbiter::plots
