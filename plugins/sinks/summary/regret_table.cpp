// SPDX-License-Identifier: Apache-2.0
#include "summary/regret_table.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace arbiter {

namespace {

using Lines = std::vector<std::string>;

/// The selector with the kind of its figures: "trtllm (compared)".
std::string shown_name(const RegretRow& row) {
  if (row.source == RegretSource::compared) return row.selector + " (compared)";
  if (row.source == RegretSource::measured) return row.selector + " as measured";
  return row.selector;
}

std::string figures(const Regret& regret) {
  if (regret.cells == regret.unmeasured) return fmt::format("{:>8}{:>8}{:>9}{:>6}", "-", "-", "-", "-");
  return fmt::format("{:>8.2f}{:>8.2f}{:>9.2f}{:>4.0f} %", 100.0 * regret.mean, 100.0 * regret.p95,
                     100.0 * regret.worst, 100.0 * regret.within_one_percent);
}

std::string heading() { return fmt::format("{:>8}{:>8}{:>9}{:>6}", "mean", "p95", "worst", "in 1%"); }

Lines titled_table(const std::string& title, const std::vector<RegretRow>& rows) {
  const auto cells = [&](Regret RegretRow::*data) {
    return std::ranges::max(rows, {}, [&](const RegretRow& row) { return (row.*data).cells; }).*data;
  };
  const auto holdout = cells(&RegretRow::holdout).cells;
  Lines lines = {"", fmt::format("Regret in percent, {}: grid of {} cells{}", title, cells(&RegretRow::grid).cells,
                                 holdout > 0 ? fmt::format(" | holdout of {}, never fitted", holdout) : "")};
  std::ranges::copy(regret_table(rows), std::back_inserter(lines));
  return lines;
}

std::vector<RegretRow> rows_of(const std::vector<RegretRow>& rows, int tp_size, const std::string& fusion) {
  std::vector<RegretRow> found;
  std::ranges::copy_if(rows, std::back_inserter(found),
                       [&](const RegretRow& row) { return row.tp_size == tp_size && row.fusion == fusion; });
  return found;
}

std::set<std::pair<int, std::string>> groups_of(const std::vector<RegretRow>& rows) {
  std::set<std::pair<int, std::string>> groups;
  for (const RegretRow& row : rows) groups.emplace(row.tp_size, row.fusion);
  return groups;
}

}  // namespace

Lines regret_table(const std::vector<RegretRow>& rows) {
  std::size_t width = std::string("selector").size();
  bool has_holdout = false;
  bool has_unmeasured = false;
  for (const RegretRow& row : rows) {
    width = std::max(width, shown_name(row).size());
    has_holdout = has_holdout || row.holdout.cells > 0;
    has_unmeasured = has_unmeasured || row.grid.unmeasured + row.holdout.unmeasured > 0;
  }
  const auto line = [&](const std::string& name, const std::string& grid, const std::string& holdout,
                        const std::string& regions, const std::string& unmeasured) {
    auto text = fmt::format("{:<{}}{}{}{:>8}{}", name, width, grid, has_holdout ? " |" + holdout : "", regions,
                            has_unmeasured ? fmt::format("{:>8}", unmeasured) : "");
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  Lines lines = {line("selector", heading(), heading(), "regions", "no time")};
  for (const RegretRow& row : rows) {
    lines.push_back(line(shown_name(row), figures(row.grid), figures(row.holdout),
                         row.source == RegretSource::measured ? "" : std::to_string(row.regions),
                         std::to_string(row.grid.unmeasured + row.holdout.unmeasured)));
  }
  return lines;
}

Lines regret_tables(const std::vector<RegretRow>& rows) {
  Lines lines;
  const auto groups = groups_of(rows);
  const auto tp_sizes = std::ranges::count_if(groups, [](const auto& g) { return g.first > 0 && g.second.empty(); });
  for (const auto& [tp_size, fusion] : groups) {
    if (!fusion.empty() || (tp_size == 0 && tp_sizes < 2)) continue;
    const auto title =
        tp_size == 0 ? std::string("all tp sizes and fusions") : fmt::format("tp {}, all fusions", tp_size);
    std::ranges::copy(titled_table(title, rows_of(rows, tp_size, fusion)), std::back_inserter(lines));
  }
  return lines;
}

Lines regret_details(const std::vector<RegretRow>& rows) {
  Lines lines;
  for (const auto& [tp_size, fusion] : groups_of(rows)) {
    if (fusion.empty()) continue;
    const auto title = fmt::format("tp {}, {}", tp_size, fusion);
    std::ranges::copy(titled_table(title, rows_of(rows, tp_size, fusion)), std::back_inserter(lines));
  }
  return lines;
}

}  // namespace arbiter
