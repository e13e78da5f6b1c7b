// SPDX-License-Identifier: Apache-2.0
// Times and bus bandwidth over the size of the message.
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "arbiter/byte_curve.hpp"
#include "arbiter/plots.hpp"
#include "chart.hpp"
#include "figure.hpp"
#include "grid.hpp"

namespace arbiter {

namespace {

using namespace plots;

using Times = std::map<std::int64_t, ChartPoint>;  // by bytes

/// What nccl-tests call busbw, in GB/s: what each rank must send and receive, per time.
double bus_bandwidth(double bytes, double time_us, int tp_size) {
  return bytes * 2.0 * (tp_size - 1) / tp_size / time_us / 1e3;
}

/// Of several shapes of one size the fastest.
std::map<std::string, Times> times_by_strategy(const Dataset& rows) {
  std::map<std::string, Times> times;
  for (const Measurement& row : rows.rows()) {
    if (!row.usable()) continue;
    const std::int64_t bytes = row.problem.message_bytes();
    const ChartPoint point{static_cast<double>(bytes), row.time_us, row.ci_low_us, row.ci_high_us};
    const auto [at, is_new] = times[row.strategy].try_emplace(bytes, point);
    if (!is_new && point.y < at->second.y) at->second = point;
  }
  return times;
}

Series series_of(std::string name, Color color, const Times& times) {
  Series series{.name = std::move(name), .color = color, .dashed = false, .points = {}};
  for (const auto& [bytes, point] : times) series.points.push_back(point);
  return series;
}

/// The curves that a picture of these rows may show, dashed.
std::vector<Series> dashed_series(std::span<const ByteCurve> curves, const Problem& drawn) {
  const auto named = curve_colors(curves);
  std::vector<Series> all;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const ByteCurve& curve = curves[i];
    if (curve.tp_size != drawn.tp_size || curve.fusion != drawn.fusion || curve.dtype != name_of(drawn.dtype)) continue;
    Series series{.name = named[i].name, .color = named[i].color, .dashed = true, .points = {}};
    for (const auto& point : curve.points) {
      series.points.push_back({.x = static_cast<double>(point.bytes), .y = point.time_us});
    }
    all.push_back(std::move(series));
  }
  return all;
}

Series in_bandwidth(Series series, int tp_size) {
  for (ChartPoint& point : series.points) {
    const auto convert = [&](double time_us) { return bus_bandwidth(point.x, time_us, tp_size); };
    point = {point.x, convert(point.y), convert(point.high), convert(point.low)};
  }
  return series;
}

struct Range {
  double least = 0.0;
  double most = 0.0;
};

Range range_of(const std::vector<Series>& all, double ChartPoint::*value) {
  Range range;
  bool any = false;
  for (const Series& series : all) {
    for (const ChartPoint& point : series.points) {
      range.least = any ? std::min(range.least, point.*value) : point.*value;
      range.most = any ? std::max(range.most, point.*value) : point.*value;
      any = true;
    }
  }
  return any ? range : Range{1.0, 1.0};
}

}  // namespace

void plot_lines(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file,
                std::span<const ByteCurve> curves, std::span<const std::string> strategies) {
  const Grid grid(dataset, fusion);
  const Dataset rows = dataset.of_fusion(fusion).of_dtype(dataset.of_fusion(fusion).dtypes().front());
  const Problem drawn = rows.rows().front().problem;
  const auto colors = strategy_colors(dataset.strategies(), strategies);
  std::vector<Series> times;
  const auto by_strategy = times_by_strategy(rows);
  for (const std::string& strategy : grid.strategies()) {
    const auto at = by_strategy.find(strategy);
    if (at == by_strategy.end()) continue;
    times.push_back(series_of(strategy, colors.at(strategy), at->second));
    times.back().dashed = strategy == "AUTO";  // it lies on the line of the strategy that it runs
  }
  for (Series& series : dashed_series(curves, drawn)) times.push_back(std::move(series));
  std::vector<Series> bandwidths;
  bandwidths.reserve(times.size());
  for (const Series& series : times) bandwidths.push_back(in_bandwidth(series, drawn.tp_size));

  const Range bytes = range_of(times, &ChartPoint::x);
  const Range time = range_of(times, &ChartPoint::y);
  const Range bandwidth = range_of(bandwidths, &ChartPoint::y);
  Chart chart{.title = shown_name(fusion) + ": latency and bus bandwidth over the message size",
              .captions = {grid.caption() + "; of several shapes of one size the fastest",
                           "bars: 95 % intervals of the median; busbw = size / time x 2 (tp - 1) / tp"},
              .x = byte_axis(bytes.least, bytes.most),
              .panels = {}};
  chart.panels.push_back({"latency", value_axis("µs", true, time.least, time.most), std::move(times)});
  chart.panels.push_back(
      {"bus bandwidth", value_axis("GB/s", false, bandwidth.least, bandwidth.most), std::move(bandwidths)});
  write_chart(chart, file);
}

}  // namespace arbiter
