#include "common/dense_axis.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace arbiter {

LogAxis dense_axis(const LogAxis& axis) {
  constexpr int parts = 4;
  std::vector<std::int64_t> values;
  const auto add_between = [&](double low, double high) {
    for (int i = 0; i <= parts; ++i) values.push_back(std::llround(low * std::pow(high / low, i / double{parts})));
  };
  const auto first = static_cast<double>(std::max<std::int64_t>(axis[0], 1));
  const auto last = static_cast<double>(std::max<std::int64_t>(axis[axis.size() - 1], 1));
  add_between(std::max(first / 2.0, 1.0), first);
  for (std::size_t i = 0; i + 1 < axis.size(); ++i) {
    add_between(std::max(static_cast<double>(axis[i]), 1.0), static_cast<double>(axis[i + 1]));
  }
  add_between(last, 2.0 * last);
  return LogAxis(std::move(values));
}

}  // namespace arbiter
