// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "color.hpp"
#include "scale.hpp"

namespace arbiter::plots {

struct ChartPoint {
  double x = 0.0;
  double y = 0.0;
  double low = std::numeric_limits<double>::quiet_NaN();  ///< of the interval of y; NaN without one
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// One line of a chart.
struct Series {
  std::string name;
  Color color = black;
  bool dashed = false;
  std::vector<ChartPoint> points;  ///< ascending in x
};

struct Axis {
  std::string title;
  bool logarithmic = false;
  double low = 0.0;
  double high = 1.0;  ///< above `low`
  std::vector<Tick> ticks;

  /// 0 at `low`, 1 at `high`.
  [[nodiscard]] double position(double value) const;
};

/// A logarithmic axis of message sizes around two of them (at least 1), with ticks such as 64 KB.
[[nodiscard]] Axis byte_axis(double least, double most);
/// An axis with ticks at round numbers. A logarithmic one is around two values above 0, a linear one starts at 0.
[[nodiscard]] Axis value_axis(std::string title, bool logarithmic, double least, double most);

struct ChartPanel {
  std::string title;
  Axis y;
  std::vector<Series> series;
};

/// Panels of lines over one x axis, and one legend for all: a name has one colour.
struct Chart {
  std::string title;
  std::vector<std::string> captions;  ///< lines below the title
  Axis x;
  std::vector<ChartPanel> panels;
};

/// As write_picture().
void write_chart(const Chart& chart, const std::filesystem::path& file);

}  // namespace arbiter::plots
