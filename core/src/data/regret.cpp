#include "arbiter/regret.hpp"

#include <fmt/format.h>

#include "regret_tally.hpp"

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

}  // namespace arbiter
