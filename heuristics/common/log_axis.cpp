#include "common/log_axis.hpp"

#include <algorithm>

namespace arbiter {

LogAxis::LogAxis(std::vector<std::int64_t> values) : values_(std::move(values)) {
  std::ranges::sort(values_);
  values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
}

std::size_t LogAxis::nearest(std::int64_t value) const {
  const auto above = std::ranges::lower_bound(values_, value);
  if (above == values_.begin()) return 0;
  const auto index = static_cast<std::size_t>(above - values_.begin());
  if (above == values_.end()) return index - 1;
  // log(value / low) <= log(high / value), without the logarithms
  const auto v = static_cast<double>(value);
  return v * v <= static_cast<double>(*above) * static_cast<double>(*(above - 1)) ? index - 1 : index;
}

std::optional<std::size_t> LogAxis::find(std::int64_t value) const {
  const auto found = std::ranges::lower_bound(values_, value);
  if (found == values_.end() || *found != value) return std::nullopt;
  return static_cast<std::size_t>(found - values_.begin());
}

}  // namespace arbiter
