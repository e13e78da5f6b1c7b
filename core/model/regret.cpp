// SPDX-License-Identifier: Apache-2.0
#include "arbiter/regret.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "model/choice_regions.hpp"
#include "model/reference_selectors.hpp"

namespace arbiter {

namespace {

/// Collects the regret of choices, cell by cell.
class RegretTally {
 public:
  /// `chosen` is null where the choice has no usable time.
  void add(const Measurement& best, const Measurement* chosen) {
    ++cells_;
    if (chosen != nullptr) values_.push_back(chosen->time_us / best.time_us - 1.0);
  }

  [[nodiscard]] Regret regret() const {
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

 private:
  std::int64_t cells_ = 0;
  std::vector<double> values_;
};

constexpr const char* auto_strategy = "AUTO";

using Cells = std::map<Problem, std::vector<const Measurement*>>;
/// Tp size and fusion; 0 and empty stand for all.
using Group = std::pair<int, std::string>;

struct Tallies {
  RegretTally grid;
  RegretTally holdout;
  std::int64_t regions = 0;
};

std::vector<Group> groups_of(const Problem& problem) {
  return {{0, ""}, {problem.tp_size, ""}, {problem.tp_size, problem.fusion}};
}

void judge(const Selector& selector, const Cells& cells, RegretTally Tallies::*data, std::map<Group, Tallies>& groups) {
  for (const auto& [problem, cell] : cells) {
    const Measurement* best = best_of(cell);
    if (best == nullptr) continue;
    const Measurement* chosen = row_of(cell, selector.select(problem));
    for (const Group& group : groups_of(problem)) (groups[group].*data).add(*best, chosen);
  }
}

void count_regions(const Selector& selector, const Cells& cells, std::map<Group, Tallies>& groups) {
  std::map<std::tuple<int, DType, std::string>, Choices> grids;
  for (const auto& [problem, cell] : cells) {
    if (best_of(cell) == nullptr) continue;
    grids[{problem.tp_size, problem.dtype, problem.fusion}][{problem.hidden_size, problem.num_tokens}] =
        selector.select(problem);
  }
  for (const auto& [key, choices] : grids) {
    const std::int64_t regions = choice_regions(choices);
    const Problem problem{std::get<int>(key), std::get<DType>(key), std::get<std::string>(key), 0, 0};
    for (const Group& group : groups_of(problem)) groups[group].regions += regions;
  }
}

bool has_auto(const Dataset& dataset) {
  return std::ranges::any_of(dataset.rows(),
                             [](const Measurement& row) { return row.usable() && row.strategy == auto_strategy; });
}

}  // namespace

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

std::string_view name_of(RegretSource source) {
  switch (source) {
    case RegretSource::heuristic: return "heuristic";
    case RegretSource::compared: return "compared";
    case RegretSource::reference: return "reference";
    case RegretSource::measured: return "measured";
  }
  return "";
}

std::vector<RegretRow> regret_report(const Report& report) {
  const Cells grid = report.dataset.cells();
  const Cells holdout = report.holdout.cells();
  std::vector<RegretRow> rows;
  const auto add = [&](const Selector& selector, const std::string& name, RegretSource source) {
    std::map<Group, Tallies> groups;
    judge(selector, grid, &Tallies::grid, groups);
    judge(selector, holdout, &Tallies::holdout, groups);
    if (source != RegretSource::measured) count_regions(selector, grid, groups);
    for (const auto& [group, tallies] : groups) {
      rows.push_back(
          {name, source, group.first, group.second, tallies.regions, tallies.grid.regret(), tallies.holdout.regret()});
    }
  };
  for (const auto& selector : report.selectors) add(*selector, selector->name(), RegretSource::heuristic);
  for (const auto& selector : report.compared) add(*selector, selector->name(), RegretSource::compared);
  for (const auto& selector : reference_selectors(report.dataset)) {
    add(*selector, selector->name(), RegretSource::reference);
  }
  if (has_auto(report.dataset) || has_auto(report.holdout)) {
    add(*always(auto_strategy), auto_strategy, RegretSource::measured);
  }
  return rows;
}

}  // namespace arbiter
