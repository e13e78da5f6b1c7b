// SPDX-License-Identifier: Apache-2.0
#include "summary/winners.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/geometric_mean.hpp"
#include "common/text_wrap.hpp"

namespace arbiter {

namespace {

Winners winners_of(const Dataset& dataset, int tp_size, const std::string& fusion, const std::string& baseline) {
  Winners result{tp_size, fusion, 0, {}, 0, 0.0};
  for (const std::string& name : dataset.strategies()) {
    if (name != "AUTO") result.wins.emplace_back(name, 0);
  }
  std::vector<double> speed_ups;
  for (const auto& [problem, cell] : dataset.cells()) {
    const Measurement* best = best_of(cell);
    if (best == nullptr) continue;
    ++result.cells;
    ++std::ranges::find(result.wins, best->strategy, [](const auto& entry) { return entry.first; })->second;
    const Measurement* base = row_of(cell, baseline);
    if (base == nullptr) continue;
    speed_ups.push_back(base->time_us / best->time_us);
  }
  result.compared = static_cast<std::int64_t>(speed_ups.size());
  result.speed_up = geometric_mean(speed_ups);
  std::ranges::stable_sort(result.wins, std::greater{}, [](const auto& entry) { return entry.second; });
  return result;
}

std::string share(std::int64_t part, std::int64_t whole) {
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return part > 0 && percent < 0.5 ? std::string("<1 %") : fmt::format("{:.0f} %", percent);
}

/// The share of every strategy; where that is longer than `width`, of those that won a cell.
std::string wins_text(const Winners& winners, std::size_t width) {
  if (winners.cells == 0) return "nothing usable";
  std::vector<std::string> parts;
  std::size_t winning = 0;
  for (const auto& [name, cells] : winners.wins) {
    parts.push_back(fmt::format("{} {}", name, share(cells, winners.cells)));
    if (cells > 0) ++winning;
  }
  std::string all = fmt::format("{}", fmt::join(parts, ", "));
  if (all.size() <= width || winning == parts.size()) return all;
  const std::size_t others = parts.size() - winning;
  parts.resize(winning);
  return fmt::format("{}; {} other{} 0 %", fmt::join(parts, ", "), others, others == 1 ? "" : "s");
}

}  // namespace

std::vector<Winners> winners(const Dataset& dataset, const std::string& baseline) {
  std::vector<Winners> result;
  for (const int tp_size : dataset.tp_sizes()) {
    const Dataset of_tp = dataset.of_tp_size(tp_size);
    for (const std::string& fusion : of_tp.fusions()) {
      result.push_back(winners_of(of_tp.of_fusion(fusion), tp_size, fusion, baseline));
    }
  }
  return result;
}

std::vector<std::string> winners_table(const std::vector<Winners>& winners, const std::string& baseline) {
  std::size_t width = std::string("fusion").size();
  for (const Winners& row : winners) width = std::max(width, row.fusion.size());
  const std::string versus = "vs " + baseline;
  const std::size_t speed = std::max<std::size_t>(versus.size(), 7);
  std::vector<std::string> lines = {
      fmt::format("{:>3}  {:<{}}  {:>6}  {:>{}}  fastest in", "tp", "fusion", width, "cells", versus, speed)};
  for (const Winners& row : winners) {
    const std::string speed_up = row.compared > 0 ? fmt::format("{:.2f}x", row.speed_up) : std::string("-");
    const std::string left =
        fmt::format("{:>3}  {:<{}}  {:>6}  {:>{}}  ", row.tp_size, row.fusion, width, row.cells, speed_up, speed);
    const std::size_t room = left.size() < summary_width ? summary_width - left.size() : 0;
    std::ranges::copy(wrapped(left + wins_text(row, room), std::min<std::size_t>(left.size(), summary_width / 2)),
                      std::back_inserter(lines));
  }
  return lines;
}

}  // namespace arbiter
