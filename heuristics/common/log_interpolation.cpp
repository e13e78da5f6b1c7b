#include "common/log_interpolation.hpp"

#include <algorithm>
#include <cmath>

namespace arbiter {

namespace {

/// Two lines of an axis and how far from the first to the second a value lies.
struct Bracket {
  std::size_t low = 0;
  std::size_t high = 0;
  double share = 0.0;
};

Bracket bracket_of(const LogAxis& axis, std::int64_t value) {
  if (const auto line = axis.find(value)) return {*line, *line, 0.0};
  if (axis.size() == 1) return {};
  const auto above = static_cast<std::size_t>(std::ranges::lower_bound(axis.values(), value) - axis.values().begin());
  const std::size_t high = std::clamp<std::size_t>(above, 1, axis.size() - 1);
  const auto log_of = [](std::int64_t v) { return std::log(static_cast<double>(std::max<std::int64_t>(v, 1))); };
  const double low_log = log_of(axis[high - 1]);
  return {high - 1, high, (log_of(value) - low_log) / (log_of(axis[high]) - low_log)};
}

}  // namespace

std::optional<double> interpolated_time(const CellBlock& block, std::size_t strategy, std::int64_t hidden_size,
                                        std::int64_t num_tokens) {
  const Bracket hidden = bracket_of(block.hidden, hidden_size);
  const Bracket tokens = bracket_of(block.tokens, num_tokens);
  double log_time = 0.0;
  const auto add = [&](std::size_t h, std::size_t t, double weight) {
    if (weight == 0.0) return true;
    const Measurement* row = block.usable[block.at(h * block.tokens.size() + t, strategy)];
    if (row == nullptr) return false;
    log_time += weight * std::log(row->time_us);
    return true;
  };
  const bool all = add(hidden.low, tokens.low, (1.0 - hidden.share) * (1.0 - tokens.share)) &&
                   add(hidden.low, tokens.high, (1.0 - hidden.share) * tokens.share) &&
                   add(hidden.high, tokens.low, hidden.share * (1.0 - tokens.share)) &&
                   add(hidden.high, tokens.high, hidden.share * tokens.share);
  return all ? std::optional(std::exp(log_time)) : std::nullopt;
}

}  // namespace arbiter
