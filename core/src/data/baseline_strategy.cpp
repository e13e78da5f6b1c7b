#include <algorithm>

#include "arbiter/heuristic.hpp"

namespace arbiter {

std::string baseline_strategy(const Dataset& dataset) {
  const bool gpu = dataset.machine().platform.starts_with("sm");
  const bool nccl = std::ranges::any_of(
      dataset.rows(), [](const Measurement& row) { return row.strategy == "NCCL" || row.backend == "cuda"; });
  return gpu || nccl ? "NCCL" : "MPI";
}

}  // namespace arbiter
