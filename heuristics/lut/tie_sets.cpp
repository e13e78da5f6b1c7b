// SPDX-License-Identifier: Apache-2.0
#include "lut/tie_sets.hpp"

#include <cmath>
#include <limits>

namespace arbiter {

namespace {

bool ties(const Measurement& row, const Measurement& best, double tie_percent) {
  if (row.time_us <= best.time_us * (1.0 + tie_percent / 100.0)) return true;
  // Overlapping intervals would not do: a series noisy enough overlaps anything. NaN, an unknown interval, is no tie.
  return row.ci_low_us <= best.time_us && row.time_us <= best.ci_high_us;
}

double log_distance(std::int64_t a, std::int64_t b) {
  return std::log2(static_cast<double>(a)) - std::log2(static_cast<double>(b));
}

double square(double value) { return value * value; }

}  // namespace

std::vector<bool> tie_sets(const CellBlock& block, double tie_percent) {
  const std::size_t strategies = block.strategies.size();
  std::vector<bool> sets(block.cells() * strategies, false);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) continue;
    std::vector<bool> candidates;
    for (std::size_t k = 0; k < strategies; ++k) candidates.push_back(block.usable[block.at(cell, k)] != nullptr);
    candidates = without_failed(candidates, [&](std::size_t k) { return block.failed_near(cell, k); });
    const Measurement* best = nullptr;
    for (std::size_t k = 0; k < strategies; ++k) {
      const Measurement* row = block.usable[block.at(cell, k)];
      if (candidates[k] && (best == nullptr || row->time_us < best->time_us)) best = row;
    }
    for (std::size_t k = 0; k < strategies; ++k) {
      sets[block.at(cell, k)] = candidates[k] && ties(*block.usable[block.at(cell, k)], *best, tie_percent);
    }
  }
  return sets;
}

std::size_t fill_gaps(LabelChoice& choice, const LogAxis& hidden, const LogAxis& tokens) {
  std::vector<std::size_t> known;
  std::vector<std::size_t> gaps;
  for (std::size_t cell = 0; cell < choice.rows * choice.columns; ++cell) {
    const std::vector<bool> allowed = choice.allowed_in(cell);
    (std::ranges::find(allowed, true) != allowed.end() ? known : gaps).push_back(cell);
  }
  for (const std::size_t gap : gaps) {
    std::size_t nearest = known.front();
    double least = std::numeric_limits<double>::infinity();
    for (const std::size_t cell : known) {
      const double distance = square(log_distance(hidden[cell / choice.columns], hidden[gap / choice.columns])) +
                              square(log_distance(tokens[cell % choice.columns], tokens[gap % choice.columns]));
      if (distance >= least) continue;
      least = distance;
      nearest = cell;
    }
    choice.allow(gap, choice.allowed_in(nearest));
  }
  return gaps.size();
}

}  // namespace arbiter
