// SPDX-License-Identifier: Apache-2.0
#include "model/curve_builder.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace arbiter {

namespace {

auto key_of(const ByteCurve& curve) {
  return std::tie(curve.name, curve.fusion, curve.dtype, curve.tp_size, curve.setting, curve.origin, curve.file);
}

}  // namespace

void CurveBuilder::add(const ByteCurve& curve, ByteCurve::Point point) {
  // Files name the points of a curve one after the other, or take the curves in turn.
  auto found = std::ranges::find_if(curves_, [&](const ByteCurve& each) { return key_of(each) == key_of(curve); });
  if (found == curves_.end()) {
    curves_.push_back(curve);
    curves_.back().points.clear();
    found = std::prev(curves_.end());
  }
  found->points.push_back(point);
}

std::vector<ByteCurve> CurveBuilder::curves() const {
  std::vector<ByteCurve> result = curves_;
  for (ByteCurve& curve : result) {
    auto& points = curve.points;
    std::ranges::sort(points, {}, [](const auto& point) { return std::tuple(point.bytes, point.time_us); });
    std::vector<ByteCurve::Point> medians;
    for (auto first = points.begin(); first != points.end();) {
      const auto last =
          std::find_if(first, points.end(), [&](const auto& point) { return point.bytes != first->bytes; });
      medians.push_back(*(first + (last - first - 1) / 2));
      first = last;
    }
    points = std::move(medians);
  }
  return result;
}

}  // namespace arbiter
