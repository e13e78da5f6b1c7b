// SPDX-License-Identifier: Apache-2.0
#include "lut/stable_choice.hpp"

#include <cmath>
#include <limits>

namespace arbiter {

namespace {

/// A tie is `tie_percent` wide where the difference is known to this (a standard deviation), and grows with this power
/// of it: exact data are followed nearly exactly, and where times repeat within 3 % little but a clear win is.
constexpr double tie_deviation = 0.015;
constexpr double tie_growth = 2.5;
/// Never give away more than this because of a tie.
constexpr double most_given_away = 0.05;
/// A crossing is steep where the difference changes around it by this many standard deviations of the change.
constexpr double steep = 4.0;
constexpr double hardly_steep = 2.5;

double log_distance(std::int64_t a, std::int64_t b) {
  const auto log_of = [](std::int64_t v) { return std::log2(static_cast<double>(std::max<std::int64_t>(v, 1))); };
  return log_of(a) - log_of(b);
}

std::size_t nearest_measured(const CellBlock& block, std::int64_t hidden_size, std::int64_t num_tokens) {
  std::size_t nearest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) continue;
    const double distance =
        std::hypot(log_distance(block.hidden_of(cell), hidden_size), log_distance(block.tokens_of(cell), num_tokens));
    if (distance >= least) continue;
    least = distance;
    nearest = cell;
  }
  return nearest;
}

}  // namespace

StableChoice::StableChoice(const CellBlock& block, const RatioSurface& surface, std::size_t index, double tie_percent)
    : block_(block),
      surface_(surface),
      index_(index),
      tie_percent_(tie_percent),
      cells_(block.strategies.size(), 0),
      excess_(block.strategies.size(), 0.0) {
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) continue;
    const std::vector<double> ratios =
        log_ratios(static_cast<double>(block.hidden_of(cell)), static_cast<double>(block.tokens_of(cell)));
    const auto measured = [&](std::size_t k) { return block.usable[block.at(cell, k)] != nullptr; };
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < ratios.size(); ++k) least = measured(k) ? std::min(least, ratios[k]) : least;
    for (std::size_t k = 0; k < ratios.size(); ++k) {
      if (!measured(k)) continue;
      excess_[k] += ratios[k] - least;
      ++cells_[k];
    }
  }
}

double StableChoice::steepness(std::size_t a, std::size_t b, double hidden_size, double num_tokens) const {
  const auto first = [](const LogAxis& axis) { return static_cast<double>(axis[0]); };
  const auto last = [](const LogAxis& axis) { return static_cast<double>(axis[axis.size() - 1]); };
  // Not beyond what was measured: surfaces are flat there.
  const double less_hidden = std::max(hidden_size / 2.0, std::min(first(block_.hidden), hidden_size));
  const double more_hidden = std::min(hidden_size * 2.0, std::max(last(block_.hidden), hidden_size));
  const double fewer_tokens = std::max(num_tokens / 2.0, std::min(first(block_.tokens), num_tokens));
  const double more_tokens = std::min(num_tokens * 2.0, std::max(last(block_.tokens), num_tokens));
  const auto deviations = [&](const TableShape& from, const TableShape& to) {
    const RatioEstimate change = surface_.change(index_, from, to);
    return std::abs(change.log_ratio[a] - change.log_ratio[b]) / change.deviation_of_difference(a, b);
  };
  return std::max(deviations({less_hidden, num_tokens}, {more_hidden, num_tokens}),
                  deviations({hidden_size, fewer_tokens}, {hidden_size, more_tokens}));
}

double StableChoice::tie(std::size_t strategy, std::size_t best, double hidden_size, double num_tokens) const {
  const double deviation = surface_.at(index_, hidden_size, num_tokens).deviation_of_difference(strategy, best);
  const double flat = (steep - steepness(strategy, best, hidden_size, num_tokens)) / (steep - hardly_steep);
  const double wide = tie_percent_ / 100.0 * std::pow(deviation / tie_deviation, tie_growth);
  return std::log1p(std::min(wide, most_given_away)) * std::clamp(flat, 0.0, 1.0);
}

std::uint16_t StableChoice::at(double hidden_size, double num_tokens, const std::vector<bool>& candidates) const {
  const std::vector<double> ratios = log_ratios(hidden_size, num_tokens);
  std::size_t best = ratios.size();
  for (std::size_t k = 0; k < ratios.size(); ++k) {
    if (candidates[k] && (best == ratios.size() || ratios[k] < ratios[best])) best = k;
  }
  std::size_t choice = best;
  for (std::size_t k = 0; k < ratios.size(); ++k) {
    if (!candidates[k] || !prefers(k, choice)) continue;
    const double excess = ratios[k] - ratios[best];
    if (excess <= std::log1p(most_given_away) && excess <= tie(k, best, hidden_size, num_tokens)) choice = k;
  }
  return static_cast<std::uint16_t>(choice);
}

std::vector<bool> candidates_in(const CellBlock& block, std::size_t cell) {
  std::vector<bool> measured;
  for (std::size_t k = 0; k < block.strategies.size(); ++k) {
    measured.push_back(block.usable[block.at(cell, k)] != nullptr);
  }
  return without(measured, [&](std::size_t k) { return block.failed_near(cell, k); });
}

std::vector<bool> measured_around(const CellBlock& block, std::int64_t hidden_size, std::int64_t num_tokens) {
  const std::vector<std::size_t> around = block.cells_around(hidden_size, num_tokens);
  std::vector<bool> measured;
  for (std::size_t k = 0; k < block.strategies.size(); ++k) {
    measured.push_back(
        std::ranges::all_of(around, [&](std::size_t cell) { return block.usable[block.at(cell, k)] != nullptr; }));
  }
  return measured;
}

std::vector<bool> candidates_around(const CellBlock& block, std::int64_t hidden_size, std::int64_t num_tokens) {
  const std::vector<bool> measured = measured_around(block, hidden_size, num_tokens);
  if (std::ranges::find(measured, true) == measured.end()) {
    return candidates_in(block, nearest_measured(block, hidden_size, num_tokens));
  }
  const std::vector<std::size_t> around = block.cells_around(hidden_size, num_tokens);
  return without(measured, [&](std::size_t k) {
    return std::ranges::any_of(around, [&](std::size_t cell) { return block.failed[block.at(cell, k)]; });
  });
}

}  // namespace arbiter
