// SPDX-License-Identifier: Apache-2.0
#include "chart.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "arbiter/units.hpp"
#include "figure.hpp"
#include "layout.hpp"
#include "picture.hpp"
#include "script.hpp"

namespace arbiter::plots {

namespace {

constexpr double panel_width = 400.0;
constexpr double panel_height = 300.0;
constexpr double y_ticks_width = 44.0;
constexpr double y_title_width = 18.0;
constexpr double between_panels = 28.0;
constexpr double x_ticks_height = 40.0;
constexpr double legend_line = 19.0;
constexpr double swatch_width = 26.0;

/// An entry of the legend, where it stands.
struct Entry {
  const Series* series = nullptr;
  Point at;
};

/// Each name once, in lines as wide as the panels.
std::vector<Entry> legend_of(const Chart& chart, Point at, double width) {
  std::vector<Entry> entries;
  double x = at.x;
  for (const ChartPanel& panel : chart.panels) {
    for (const Series& series : panel.series) {
      const auto is_there = [&](const Entry& entry) { return entry.series->name == series.name; };
      if (std::ranges::any_of(entries, is_there)) continue;
      const double needed = swatch_width + 6.0 + text_width(shown_name(series.name), axis_size) + 20.0;
      if (x > at.x && x + needed > at.x + width) {
        x = at.x;
        at.y += legend_line;
      }
      entries.push_back({&series, {x, at.y}});
      x += needed;
    }
  }
  return entries;
}

Stroke stroke_of(const Series& series, std::vector<Point> points) {
  return {.points = std::move(points), .color = series.color, .width = 1.8, .dashed = series.dashed, .dots = true};
}

void draw_axes(Script& script, const Chart& chart, const ChartPanel& panel, const Rect& place) {
  const auto line = [&](Point from, Point to, Color color) {
    script.stroke({.points = {from, to}, .color = color, .width = 0.8, .dashed = false, .dots = false});
  };
  for (const Tick& tick : chart.x.ticks) {
    const double x = place.x + chart.x.position(tick.value) * place.width;
    line({x, place.y}, {x, place.bottom()}, 0xE4E4E4);
    script.text({x, place.bottom() + 5.0 + tick_size / 2.0}, tick.label, {.size = tick_size, .align = Align::center});
  }
  for (const Tick& tick : panel.y.ticks) {
    const double y = place.bottom() - panel.y.position(tick.value) * place.height;
    line({place.x, y}, {place.x + place.width, y}, 0xE4E4E4);
    script.text({place.x - 6.0, y}, tick.label, {.size = tick_size, .align = Align::right});
  }
  line({place.x, place.y}, {place.x, place.bottom()}, grey);
  line({place.x, place.bottom()}, {place.x + place.width, place.bottom()}, grey);
  script.text({place.x, place.y - 7.0 - panel_title_size / 2.0}, panel.title, {.size = panel_title_size, .bold = true});
  script.text({place.center_x(), place.bottom() + x_ticks_height - axis_size / 2.0}, chart.x.title,
              {.size = axis_size, .color = grey, .align = Align::center});
  script.text({place.x - y_ticks_width - axis_size / 2.0, place.center_y()}, panel.y.title,
              {.size = axis_size, .color = grey, .align = Align::center, .upright = true});
}

/// A thin bar with ends that are as wide as a mark, which stays visible on it.
void draw_interval(Script& script, Color color, Point low, Point high) {
  constexpr double half_width = 3.5;
  constexpr double shortest_with_ends = 8.0;
  const auto line = [&](Point from, Point to) {
    script.stroke({.points = {from, to}, .color = color, .width = 1.0, .dashed = false, .dots = false});
  };
  line(low, high);
  if (low.y - high.y < shortest_with_ends) return;  // they would be part of the mark
  for (const Point& end : {low, high}) line({end.x - half_width, end.y}, {end.x + half_width, end.y});
}

void draw_series(Script& script, const Chart& chart, const ChartPanel& panel, const Rect& place) {
  const auto at = [&](double x, double y) {
    const double up = std::clamp(panel.y.position(y), 0.0, 1.0);
    return Point{place.x + chart.x.position(x) * place.width, place.bottom() - up * place.height};
  };
  for (const Series& series : panel.series) {
    for (const ChartPoint& point : series.points) {
      if (point.low <= point.high) draw_interval(script, series.color, at(point.x, point.low), at(point.x, point.high));
    }
  }
  for (const Series& series : panel.series) {
    std::vector<Point> points;
    points.reserve(series.points.size());
    for (const ChartPoint& point : series.points) points.push_back(at(point.x, point.y));
    script.stroke(stroke_of(series, std::move(points)));
  }
}

}  // namespace

double Axis::position(double value) const {
  const auto along = [this](double x) { return logarithmic ? std::log(x) : x; };
  return (along(value) - along(low)) / (along(high) - along(low));
}

Axis byte_axis(double least, double most) {
  constexpr double most_ticks = 9.0;
  Axis axis{.title = "message of each rank", .logarithmic = true, .low = least, .high = most, .ticks = {}};
  if (most <= least) {
    axis.low = least / 2.0;
    axis.high = most * 2.0;
  }
  const double doublings = std::log2(axis.high / axis.low);
  const double step = std::max(1.0, std::ceil(doublings / most_ticks));
  for (double power = std::ceil(std::log2(axis.low)); power <= std::log2(axis.high) + 1e-9; power += step) {
    axis.ticks.push_back({std::exp2(power), size_text(std::llround(std::exp2(power)))});
  }
  return axis;
}

Axis value_axis(std::string title, bool logarithmic, double least, double most) {
  Axis axis{.title = std::move(title), .logarithmic = logarithmic, .low = 0.0, .high = most * 1.05, .ticks = {}};
  if (logarithmic) {
    axis.low = least / 1.15;
    axis.high = most * 1.15;
  }
  for (const double value : round_values(axis.low, axis.high, logarithmic)) {
    axis.ticks.push_back({value, value == 0.0 ? "0" : time_label(value)});
  }
  return axis;
}

void write_chart(const Chart& chart, const std::filesystem::path& file) {
  const auto panels = static_cast<double>(chart.panels.size());
  const double left = margin + y_title_width + y_ticks_width;
  const double step = panel_width + between_panels + y_title_width + y_ticks_width;
  const double width = left + panels * step - between_panels - y_title_width - y_ticks_width + margin;
  const double top = margin + title_size + 6.0 + static_cast<double>(chart.captions.size()) * (caption_size + 5.0) +
                     14.0 + panel_title_size + 7.0;
  const Point legend{margin, top + panel_height + x_ticks_height + 20.0};
  const auto entries = legend_of(chart, legend, width - 2.0 * margin);
  const double height = (entries.empty() ? legend.y : entries.back().at.y + axis_size) + margin;
  write_drawing(file, width, height, [&](Script& script) {
    draw_header(script, chart.title, chart.captions);
    for (std::size_t i = 0; i < chart.panels.size(); ++i) {
      const Rect place{left + static_cast<double>(i) * step, top, panel_width, panel_height};
      draw_axes(script, chart, chart.panels[i], place);
      draw_series(script, chart, chart.panels[i], place);
    }
    for (const Entry& entry : entries) {
      script.stroke(stroke_of(*entry.series, {entry.at, {entry.at.x + swatch_width, entry.at.y}}));
      script.text({entry.at.x + swatch_width + 6.0, entry.at.y}, shown_name(entry.series->name), {.size = axis_size});
    }
    script.finish(0.0);
  });
}

}  // namespace arbiter::plots
