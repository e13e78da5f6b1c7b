// SPDX-License-Identifier: Apache-2.0
#include "common/log_axis.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace arbiter {

LogAxis::LogAxis(std::vector<std::int64_t> values) : values_(std::move(values)) {
  std::ranges::sort(values_);
  values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
}

std::optional<std::size_t> LogAxis::find(std::int64_t value) const {
  const auto found = std::ranges::lower_bound(values_, value);
  if (found == values_.end() || *found != value) return std::nullopt;
  return static_cast<std::size_t>(found - values_.begin());
}

std::array<std::size_t, 2> LogAxis::around(std::int64_t value) const {
  const auto above = static_cast<std::size_t>(std::ranges::lower_bound(values_, value) - values_.begin());
  if (above == values_.size()) return {above - 1, above - 1};
  if (above == 0 || values_[above] == value) return {above, above};
  return {above - 1, above};
}

LogAxis dense_axis(const LogAxis& axis) {
  constexpr int parts = 4;
  std::vector<std::int64_t> values;
  const auto add_between = [&](double low, double high) {
    for (int i = 0; i <= parts; ++i) values.push_back(std::llround(low * std::pow(high / low, i / double{parts})));
  };
  values.push_back(axis[0]);
  for (std::size_t i = 0; i + 1 < axis.size(); ++i) {
    add_between(std::max(static_cast<double>(axis[i]), 1.0), static_cast<double>(axis[i + 1]));
  }
  return LogAxis(std::move(values));
}

}  // namespace arbiter
