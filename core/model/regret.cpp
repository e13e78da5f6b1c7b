#include "arbiter/regret.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "model/regret_tally.hpp"

namespace arbiter {

Regret regret_of(const Selector& selector, const Dataset& dataset) {
  RegretTally tally;
  for (const auto& [problem, cell] : dataset.cells()) {
    const Measurement* best = best_of(cell);
    if (best != nullptr) tally.add(*best, row_of(cell, selector.select(problem)));
  }
  return tally.regret();
}

std::string to_string(const Regret& regret) {
  const std::int64_t measured = regret.cells - regret.unmeasured;
  if (measured == 0) return fmt::format("none of {} cells has a time for the chosen strategy", regret.cells);
  std::string text = fmt::format("mean {:.2f} %, p95 {:.2f} %, worst {:.2f} %, within 1 % in {:.0f} % of {} cells",
                                 100.0 * regret.mean, 100.0 * regret.p95, 100.0 * regret.worst,
                                 100.0 * regret.within_one_percent, measured);
  if (regret.unmeasured > 0) {
    text += fmt::format("; in {} more the choice was not measured", regret.unmeasured);
  }
  return text;
}

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
