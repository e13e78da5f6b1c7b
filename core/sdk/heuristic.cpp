#include "arbiter/heuristic.hpp"

#include <algorithm>
#include <limits>

#include "arbiter/error.hpp"

namespace arbiter {

Selector::~Selector() = default;

double Selector::predict(const Problem& /*problem*/, const std::string& /*strategy*/) const {
  return std::numeric_limits<double>::quiet_NaN();
}

std::shared_ptr<const Selector> Heuristic::fit(const Dataset& dataset) const {
  auto selector = do_fit(dataset);
  if (selector == nullptr) throw PluginError("fit() made no selector");
  if (const DecisionTable* table = selector->table()) {
    if (const std::string fault = fault_of(*table); !fault.empty()) throw PluginError("its table is wrong: " + fault);
  }
  return selector;
}

std::string baseline_strategy(const Dataset& dataset) {
  const bool gpu = dataset.machine().platform.starts_with("sm");
  const bool nccl = std::ranges::any_of(
      dataset.rows(), [](const Measurement& row) { return row.strategy == "NCCL" || row.backend == "cuda"; });
  return gpu || nccl ? "NCCL" : "MPI";
}

}  // namespace arbiter
