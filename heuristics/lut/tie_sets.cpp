#include "lut/tie_sets.hpp"

namespace arbiter {

namespace {

bool ties(const Measurement& row, const Measurement& best, double tie_percent) {
  if (row.time_us <= best.time_us * (1.0 + tie_percent / 100.0)) return true;
  // Overlap alone would do for a series so noisy that it overlaps anything: each median must lie in the other's
  // interval.
  return row.ci_low_us <= best.time_us && row.time_us <= best.ci_high_us;  // false where either is not known
}

/// The rows of a cell that may be chosen: null for those that failed nearby, unless that is all there is.
std::vector<const Measurement*> candidates_of(const CellBlock& block, std::size_t cell) {
  std::vector<const Measurement*> all;
  std::vector<const Measurement*> safe;
  bool any_safe = false;
  for (std::size_t k = 0; k < block.strategies.size(); ++k) {
    all.push_back(block.usable[block.at(cell, k)]);
    safe.push_back(block.failed_near(cell, k) ? nullptr : all.back());
    any_safe = any_safe || safe.back() != nullptr;
  }
  return any_safe ? safe : all;
}

}  // namespace

std::vector<bool> tie_sets(const CellBlock& block, double tie_percent) {
  const std::size_t strategies = block.strategies.size();
  std::vector<bool> sets(block.cells() * strategies, false);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) continue;
    const std::vector<const Measurement*> candidates = candidates_of(block, cell);
    const Measurement* best = nullptr;
    for (const Measurement* row : candidates) {
      if (row != nullptr && (best == nullptr || row->time_us < best->time_us)) best = row;
    }
    for (std::size_t k = 0; k < strategies; ++k) {
      sets[block.at(cell, k)] = candidates[k] != nullptr && ties(*candidates[k], *best, tie_percent);
    }
  }
  return sets;
}

}  // namespace arbiter
