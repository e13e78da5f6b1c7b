#pragma once

#include <memory>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/plugin.hpp"
#include "arbiter/selector.hpp"

namespace arbiter {

/// Turns a dataset into a selector.
class ARBITER_EXPORT Heuristic : public Plugin {
 public:
  /// AUTO rows and unusable rows must not be chosen. Throws Error when the data allow no decision; never a wrong one.
  [[nodiscard]] virtual std::shared_ptr<const Selector> fit(const Dataset& dataset) const = 0;
};

/// What is chosen where nothing was measured: NCCL if the data have it or are of a GPU, else MPI.
[[nodiscard]] ARBITER_EXPORT std::string baseline_strategy(const Dataset& dataset);

}  // namespace arbiter
