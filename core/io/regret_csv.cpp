#include <fmt/format.h>

#include "arbiter/regret.hpp"
#include "io/csv_fields.hpp"

namespace arbiter {

std::string_view name_of(RegretSource source) {
  switch (source) {
    case RegretSource::heuristic: return "heuristic";
    case RegretSource::compared: return "compared";
    case RegretSource::reference: return "reference";
    case RegretSource::measured: return "measured";
  }
  return "";
}

std::string regret_csv(const std::vector<RegretRow>& rows) {
  std::string text =
      "selector,source,data,tp_size,fusion,cells,unmeasured,mean_percent,p95_percent,worst_percent,"
      "share_within_1_percent,regions\n";
  for (const RegretRow& row : rows) {
    for (const bool holdout : {false, true}) {
      const Regret& regret = holdout ? row.holdout : row.grid;
      if (regret.cells == 0) continue;
      const bool known = regret.cells > regret.unmeasured;
      const auto percent = [&](double share) { return known ? fmt::format("{:.4f}", 100.0 * share) : std::string(); };
      const bool counted = !holdout && row.source != RegretSource::measured;
      text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(row.selector), name_of(row.source),
                          holdout ? "holdout" : "grid", row.tp_size == 0 ? "all" : std::to_string(row.tp_size),
                          row.fusion.empty() ? "all" : csv_field(row.fusion), regret.cells, regret.unmeasured,
                          percent(regret.mean), percent(regret.p95), percent(regret.worst),
                          known ? fmt::format("{:.4f}", regret.within_one_percent) : "",
                          counted ? std::to_string(row.regions) : "");
    }
  }
  return text;
}

}  // namespace arbiter
