#include "regret_tally.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace arbiter {

void RegretTally::add(const Measurement& best, const Measurement* chosen) {
  ++cells_;
  if (chosen != nullptr) values_.push_back(chosen->time_us / best.time_us - 1.0);
}

Regret RegretTally::regret() const {
  Regret regret;
  regret.cells = cells_;
  regret.unmeasured = cells_ - static_cast<std::int64_t>(values_.size());
  if (values_.empty()) return regret;
  auto values = values_;
  std::ranges::sort(values);
  const auto count = static_cast<double>(values.size());
  regret.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  regret.p95 = values[static_cast<std::size_t>(std::ceil(0.95 * count)) - 1];
  regret.worst = values.back();
  const double one_percent = 0.01 + 1e-9;  // a time of exactly 1 % more counts, however it rounds
  regret.within_one_percent =
      static_cast<double>(std::ranges::upper_bound(values, one_percent) - values.begin()) / count;
  return regret;
}

}  // namespace arbiter
