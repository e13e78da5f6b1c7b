// SPDX-License-Identifier: Apache-2.0
#include "common/library_gain.hpp"

#include <algorithm>
#include <cmath>

namespace arbiter {

std::vector<std::string> library_strategies(const Dataset& dataset) {
  std::vector<std::string> found;
  for (const std::string& name : dataset.strategies()) {
    if (name == "NCCL" || name == "NCCL_SYMMETRIC" || name == "MPI" || name.starts_with("MPI_")) found.push_back(name);
  }
  return found;
}

LibraryGain library_gain(const Dataset& dataset, const std::vector<std::string>& libraries) {
  LibraryGain gain;
  double logarithms = 0.0;
  for (const auto& [problem, cell] : dataset.cells()) {
    const Measurement* best = best_of(cell);
    double library_us = 0.0;
    for (const std::string& name : libraries) {
      const Measurement* row = row_of(cell, name);
      if (row != nullptr && (library_us == 0.0 || row->time_us < library_us)) library_us = row->time_us;
    }
    if (best == nullptr || library_us == 0.0) continue;
    const double times = library_us / best->time_us;
    gain.least = gain.cells == 0 ? times : std::min(gain.least, times);
    gain.most = std::max(gain.most, times);
    logarithms += std::log(times);
    ++gain.cells;
  }
  if (gain.cells > 0) gain.mean = std::exp(logarithms / static_cast<double>(gain.cells));
  return gain;
}

}  // namespace arbiter
