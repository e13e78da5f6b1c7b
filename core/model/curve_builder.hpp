// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "arbiter/byte_curve.hpp"

namespace arbiter {

/// Collects points that belong to curves.
class CurveBuilder {
 public:
  /// Adds a point to the curve that is like `curve` in all but its points.
  void add(const ByteCurve& curve, ByteCurve::Point point);

  /// The curves in order of first appearance. A size that was measured several times has the median of its times, of
  /// two in the middle the smaller one.
  [[nodiscard]] std::vector<ByteCurve> curves() const;

 private:
  std::vector<ByteCurve> curves_;
};

}  // namespace arbiter
