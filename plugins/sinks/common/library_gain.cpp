// SPDX-License-Identifier: Apache-2.0
#include "common/library_gain.hpp"

#include <algorithm>

#include "common/geometric_mean.hpp"

namespace arbiter {

std::vector<std::string> library_strategies(const Dataset& dataset) {
  std::vector<std::string> found;
  for (const std::string& name : dataset.strategies()) {
    if (name == "NCCL" || name == "NCCL_SYMMETRIC" || name == "MPI" || name.starts_with("MPI_")) found.push_back(name);
  }
  return found;
}

LibraryGain library_gain(const Dataset& dataset, const std::vector<std::string>& libraries) {
  std::vector<double> gains;
  for (const auto& [problem, cell] : dataset.cells()) {
    const Measurement* best = best_of(cell);
    double library_us = 0.0;
    for (const std::string& name : libraries) {
      const Measurement* row = row_of(cell, name);
      if (row != nullptr && (library_us == 0.0 || row->time_us < library_us)) library_us = row->time_us;
    }
    if (best == nullptr || library_us == 0.0) continue;
    gains.push_back(library_us / best->time_us);
  }
  if (gains.empty()) return {};
  const auto [least, most] = std::ranges::minmax(gains);
  return {static_cast<std::int64_t>(gains.size()), geometric_mean(gains), least, most};
}

}  // namespace arbiter
