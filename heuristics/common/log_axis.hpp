// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace arbiter {

/// The ascending values of one axis of a grid; distances along it are logarithmic.
class LogAxis {
 public:
  LogAxis() = default;
  /// Sorts the values and drops duplicates.
  explicit LogAxis(std::vector<std::int64_t> values);

  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::int64_t operator[](std::size_t index) const { return values_[index]; }
  [[nodiscard]] const std::vector<std::int64_t>& values() const { return values_; }

  [[nodiscard]] std::optional<std::size_t> find(std::int64_t value) const;
  /// The indices of the two values that enclose `value`; the same index twice if `value` is on the axis or outside its
  /// range. The axis must not be empty.
  [[nodiscard]] std::array<std::size_t, 2> around(std::int64_t value) const;

 private:
  std::vector<std::int64_t> values_;
};

/// The axis refined fourfold: three values between each two neighbours at equal ratios, none outside its range. Values
/// are rounded to integers, so small neighbours have fewer between them.
[[nodiscard]] LogAxis dense_axis(const LogAxis& axis);

}  // namespace arbiter
