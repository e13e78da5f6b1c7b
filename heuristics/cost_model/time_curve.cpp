// SPDX-License-Identifier: Apache-2.0
#include "cost_model/time_curve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "arbiter/units.hpp"

namespace arbiter {

namespace {

constexpr std::size_t max_groups = 16;
constexpr std::size_t min_groups = 2;
constexpr std::size_t min_points = 6;
constexpr double needed_gain = 0.1;    // relative decrease of the deviation by one more regime
constexpr double good_enough = 0.005;  // mean deviation per point
constexpr double infinite = std::numeric_limits<double>::infinity();

/// At most `most_points`, with the first and the last: the simplex moves one point an iteration, so its time grows with
/// their square, and a line has three parameters.
std::vector<TimePoint> evenly_thinned(std::vector<TimePoint> points) {
  constexpr std::size_t most_points = 128;
  if (points.size() <= most_points) return points;
  std::vector<TimePoint> thinned;
  thinned.reserve(most_points);
  for (std::size_t i = 0; i < most_points; ++i) {
    thinned.push_back(points[i * (points.size() - 1) / (most_points - 1)]);
  }
  return thinned;
}

/// The first point of each group of sizes, and the end; the points ascend in bytes.
std::vector<std::size_t> group_borders(const std::vector<TimePoint>& points) {
  std::vector<std::size_t> sizes = {0};
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].bytes != points[i - 1].bytes) sizes.push_back(i);
  }
  const std::size_t groups = std::min(sizes.size(), max_groups);
  std::vector<std::size_t> borders;
  for (std::size_t group = 0; group < groups; ++group) borders.push_back(sizes[group * sizes.size() / groups]);
  borders.push_back(points.size());
  return borders;
}

/// The fits of all ranges of groups; the deviation is infinite for ranges too short for a regime.
class Lines {
 public:
  Lines(const std::vector<TimePoint>& points, std::vector<std::size_t> borders)
      : borders_(std::move(borders)), fits_(groups() * groups(), DeviationFit{{}, infinite}) {
    for (std::size_t first = 0; first < groups(); ++first) {
      for (std::size_t last = first; last < groups(); ++last) {
        const bool all = first == 0 && last + 1 == groups();
        const bool long_enough = last + 1 - first >= min_groups && borders_[last + 1] - borders_[first] >= min_points;
        if (!all && !long_enough) continue;
        fits_[first * groups() + last] =
            least_deviations({points.begin() + static_cast<std::ptrdiff_t>(borders_[first]),
                              points.begin() + static_cast<std::ptrdiff_t>(borders_[last + 1])});
      }
    }
  }

  [[nodiscard]] std::size_t groups() const { return borders_.size() - 1; }
  /// The fit of the groups `first` to `last`, inclusive.
  [[nodiscard]] const DeviationFit& fit(std::size_t first, std::size_t last) const {
    return fits_[first * groups() + last];
  }

  /// The first group of each regime in the cut of least total deviation, by dynamic programming; empty if there is
  /// none.
  [[nodiscard]] std::vector<std::size_t> best_cut(std::size_t regimes, double& deviation) const {
    const std::size_t n = groups();
    // least[r][g]: deviation of the groups before g in r + 1 regimes; from[r][g]: first group of the last regime
    std::vector<std::vector<double>> least(regimes, std::vector<double>(n + 1, infinite));
    std::vector<std::vector<std::size_t>> from(regimes, std::vector<std::size_t>(n + 1, 0));
    for (std::size_t end = 1; end <= n; ++end) least[0][end] = fit(0, end - 1).deviation;
    for (std::size_t r = 1; r < regimes; ++r) {
      for (std::size_t end = 1; end <= n; ++end) {
        for (std::size_t first = 1; first < end; ++first) {
          const double sum = least[r - 1][first] + fit(first, end - 1).deviation;
          if (!(sum < least[r][end])) continue;
          least[r][end] = sum;
          from[r][end] = first;
        }
      }
    }
    deviation = least[regimes - 1][n];
    if (std::isinf(deviation)) return {};
    std::vector<std::size_t> firsts(regimes, 0);
    for (std::size_t r = regimes, end = n; r-- > 0;) end = firsts[r] = from[r][end];
    return firsts;
  }

 private:
  std::vector<std::size_t> borders_;
  std::vector<DeviationFit> fits_;
};

}  // namespace

double TimeCurve::at(std::int64_t bytes, std::int64_t tokens) const {
  const auto regime = std::ranges::lower_bound(regimes, bytes, {}, &Regime::last_byte);
  return (regime == regimes.end() ? regimes.back() : *regime).line.at(bytes, tokens);
}

std::string TimeCurve::text() const {
  std::string text;
  for (const Regime& regime : regimes) {
    if (!text.empty()) text += ", then ";
    text += fmt::format("{:.2f} us", regime.line.fixed);
    if (regime.line.per_byte > 0.0) text += fmt::format(" + {:.3g}/MiB", regime.line.per_byte * 1048576.0);
    if (regime.line.per_token > 0.0) text += fmt::format(" + {:.3g}/token", regime.line.per_token);
    if (&regime != &regimes.back()) text += " to " + size_text(regime.last_measured);
  }
  return text;
}

TimeCurve fit_time_curve(std::vector<TimePoint> points, std::size_t max_regimes) {
  std::ranges::stable_sort(points, {}, &TimePoint::bytes);
  points = evenly_thinned(std::move(points));
  const std::vector<std::size_t> borders = group_borders(points);
  const Lines lines(points, borders);
  std::vector<std::size_t> firsts = {0};
  double deviation = lines.fit(0, lines.groups() - 1).deviation;
  for (std::size_t regimes = 2; regimes <= max_regimes; ++regimes) {
    if (deviation <= good_enough * static_cast<double>(points.size())) break;
    double next = infinite;
    const std::vector<std::size_t> cut = lines.best_cut(regimes, next);
    if (cut.empty() || next > (1.0 - needed_gain) * deviation) break;
    firsts = cut;
    deviation = next;
  }
  TimeCurve curve;
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    const bool last = i + 1 == firsts.size();
    const std::size_t end = last ? lines.groups() : firsts[i + 1];
    const std::int64_t last_measured = points[borders[end] - 1].bytes;
    std::int64_t last_byte = std::numeric_limits<std::int64_t>::max();
    if (!last) {
      const auto below = static_cast<double>(last_measured);
      last_byte = static_cast<std::int64_t>(std::sqrt(below * static_cast<double>(points[borders[end]].bytes)));
    }
    curve.regimes.push_back({last_byte, last_measured, lines.fit(firsts[i], end - 1).line});
  }
  return curve;
}

}  // namespace arbiter
