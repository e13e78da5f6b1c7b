#pragma once

#include <cstdint>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/regret.hpp"

namespace arbiter {

/// Gathers the regret of choices, cell by cell.
class RegretTally {
 public:
  /// `chosen` is null where the choice has no usable time.
  void add(const Measurement& best, const Measurement* chosen);
  [[nodiscard]] Regret regret() const;

 private:
  std::int64_t cells_ = 0;
  std::vector<double> values_;
};

}  // namespace arbiter
