#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

#include "arbiter/regret.hpp"
#include "model/choice_regions.hpp"
#include "model/reference_selectors.hpp"
#include "model/regret_tally.hpp"

namespace arbiter {

namespace {

constexpr const char* auto_strategy = "AUTO";

using Cells = std::map<Problem, std::vector<const Measurement*>>;
/// Tp size and fusion; 0 and empty where it is all of them.
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
