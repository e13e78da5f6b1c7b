// SPDX-License-Identifier: Apache-2.0
#include "common/engine_cells.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arbiter {

namespace {

constexpr double tie_in_mean = 0.01;
constexpr double tie_in_worst = 0.10;

/// The cells in which every rule chooses a path with a time.
std::vector<EngineCell> timed_cells(const std::vector<EngineCell>& cells, const std::vector<EngineRule>& rules) {
  std::vector<EngineCell> result;
  for (const EngineCell& cell : cells) {
    const bool is_timed = std::ranges::all_of(
        rules, [&](const EngineRule& rule) { return !std::isnan(cell.time_of(rule(cell.problem))); });
    if (is_timed) result.push_back(cell);
  }
  return result;
}

/// ", 2 more without a time for a chosen path", if there are such cells.
std::string left_out_text(std::int64_t cells) {
  return cells == 0 ? "" : fmt::format(", {} more without a time for a chosen path", cells);
}

/// "2880, 7168", or the range of many.
std::string hidden_sizes_text(const std::vector<EngineCell>& cells) {
  constexpr std::size_t most = 4;
  std::set<std::int64_t> sizes;
  for (const EngineCell& cell : cells) sizes.insert(cell.problem.hidden_size);
  return sizes.size() > most ? fmt::format("{} to {}", *sizes.begin(), *sizes.rbegin())
                             : fmt::format("{}", fmt::join(sizes, ", "));
}

}  // namespace

double EngineCell::time_of(const std::string& path) const {
  const auto found = std::ranges::find(times, path, &std::pair<std::string, double>::first);
  return found == times.end() ? Measurement::none : found->second;
}

std::vector<EngineCell> engine_cells(const Dataset& rows, const std::vector<EnginePath>& paths,
                                     const CanChoose& can_choose) {
  std::vector<EngineCell> result;
  for (const auto& [problem, measured] : rows.cells()) {
    EngineCell cell;
    cell.problem = problem;
    cell.best = Measurement::none;
    for (const EnginePath& path : paths) {
      double time = Measurement::none;
      for (const std::string& strategy : path.strategies) {
        const Measurement* row = row_of(measured, strategy);
        if (row != nullptr) time = std::fmin(time, row->time_us);
      }
      if (std::isnan(time)) continue;
      cell.times.emplace_back(path.name, time);
      if (can_choose(problem, path.name)) cell.best = std::fmin(cell.best, time);
    }
    if (std::isnan(cell.best)) continue;
    const Measurement* best = best_of(measured);
    cell.best_of_all = best->time_us;
    cell.winner = best->strategy;
    result.push_back(std::move(cell));
  }
  return result;
}

RuleScore score_of(const std::vector<EngineCell>& cells, const EngineRule& rule) {
  RuleScore score;
  for (const EngineCell& cell : cells) {
    const double time = cell.time_of(rule(cell.problem));
    if (std::isnan(time)) {
      ++score.unmeasured;
      continue;
    }
    ++score.cells;
    const double regret = time / cell.best - 1.0;
    const double of_all = time / cell.best_of_all - 1.0;
    score.mean += regret;
    score.mean_of_all += of_all;
    score.worst = std::max(score.worst, regret);
    score.worst_of_all = std::max(score.worst_of_all, of_all);
  }
  if (score.cells > 0) {
    score.mean /= static_cast<double>(score.cells);
    score.mean_of_all /= static_cast<double>(score.cells);
  }
  return score;
}

Comparison compare_rules(const std::vector<EngineCell>& cells, const EngineRule& shipped, const EngineRule& written) {
  const std::vector<EngineCell> both = timed_cells(cells, {shipped, written});
  return {score_of(both, shipped), score_of(both, written), static_cast<std::int64_t>(cells.size() - both.size())};
}

bool keeps_shipped(const Comparison& fitted) {
  const auto& [shipped, written, left_out] = fitted;
  return shipped.mean <= written.mean ||
         (shipped.mean <= written.mean + tie_in_mean && shipped.worst <= written.worst + tie_in_worst);
}

double gain_of(const Comparison& comparison) {
  return std::max(0.0, comparison.shipped.mean - comparison.written.mean);
}

std::string to_string(const Comparison& comparison) {
  const auto& [shipped, written, left_out] = comparison;
  const std::string text = fmt::format(
      "shipped {:.2f} ({:.2f}), here {:.2f} ({:.2f}) over the best path of the table; shipped {:.2f} ({:.2f}), here "
      "{:.2f} ({:.2f}) over the fastest strategy; {} cells",
      100.0 * shipped.mean, 100.0 * shipped.worst, 100.0 * written.mean, 100.0 * written.worst,
      100.0 * shipped.mean_of_all, 100.0 * shipped.worst_of_all, 100.0 * written.mean_of_all,
      100.0 * written.worst_of_all, shipped.cells);
  return text + left_out_text(left_out);
}

std::optional<std::string> held_out_text(const std::vector<EngineCell>& cells, const EngineRule& shipped,
                                         const EngineRule& written, const EngineRule& refitted) {
  const std::vector<EngineCell> judged = timed_cells(cells, {shipped, written, refitted});
  if (judged.empty()) return std::nullopt;
  const std::array scores = {score_of(judged, shipped), score_of(judged, written), score_of(judged, refitted)};
  const RuleScore& best = *std::ranges::min_element(scores, {}, &RuleScore::mean);
  const auto text = [](const RuleScore& score) {
    return fmt::format("{:.2f} ({:.1f})", 100.0 * score.mean, 100.0 * score.worst);
  };
  return fmt::format("held out (hidden {}, {} cells{}): shipped {}, here {}, the best values for them {}",
                     hidden_sizes_text(judged), judged.size(), left_out_text(std::ssize(cells) - std::ssize(judged)),
                     text(scores[0]), text(scores[1]), text(best));
}

std::vector<std::string> winners_beyond(const std::vector<EngineCell>& cells, const std::string& engine) {
  struct Wins {
    std::int64_t cells = 0;
    double gain = 0.0;
  };
  std::map<std::string, Wins> winners;
  for (const EngineCell& cell : cells) {
    if (cell.best_of_all >= cell.best) continue;
    Wins& wins = winners[cell.winner];
    ++wins.cells;
    wins.gain += cell.best / cell.best_of_all - 1.0;
  }
  std::vector<std::string> lines;
  for (const auto& [strategy, wins] : winners) {
    const auto count = static_cast<double>(wins.cells);
    lines.push_back(fmt::format(
        "{} is the fastest in {:.0f} % of {} cells where {}'s table cannot choose it: the best that it can choose "
        "takes {:.1f} % longer there in the mean",
        strategy, 100.0 * count / static_cast<double>(cells.size()), cells.size(), engine, 100.0 * wins.gain / count));
  }
  return lines;
}

}  // namespace arbiter
