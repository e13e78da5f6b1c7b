#include "lut/tie_sets.hpp"

namespace arbiter {

namespace {

bool ties(const Measurement& row, const Measurement& best, double tie_percent) {
  if (row.time_us <= best.time_us * (1.0 + tie_percent / 100.0)) return true;
  // Overlap alone would do for a series so noisy that it overlaps anything: each median must lie in the other's
  // interval.
  return row.ci_low_us <= best.time_us && row.time_us <= best.ci_high_us;  // false where either is not known
}

bool failed_nearby(const CellBlock& block, std::size_t cell, std::size_t strategy) {
  const std::size_t width = block.tokens.size();
  const auto failed = [&](std::size_t where) { return block.failed[block.at(where, strategy)]; };
  return failed(cell) || (cell % width > 0 && failed(cell - 1)) || (cell % width + 1 < width && failed(cell + 1)) ||
         (cell >= width && failed(cell - width)) || (cell + width < block.cells() && failed(cell + width));
}

}  // namespace

std::vector<bool> tie_sets(const CellBlock& block, double tie_percent) {
  const std::size_t strategies = block.strategies.size();
  std::vector<bool> sets(block.cells() * strategies, false);
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.best[cell] == nullptr) continue;
    bool any_safe = false;
    for (std::size_t k = 0; k < strategies; ++k) {
      const Measurement* row = block.usable[block.at(cell, k)];
      if (row == nullptr || !ties(*row, *block.best[cell], tie_percent)) continue;
      sets[block.at(cell, k)] = true;
      any_safe = any_safe || !failed_nearby(block, cell, k);
    }
    for (std::size_t k = 0; any_safe && k < strategies; ++k) {
      if (failed_nearby(block, cell, k)) sets[block.at(cell, k)] = false;
    }
  }
  return sets;
}

}  // namespace arbiter
