#pragma once

#include <cstddef>
#include <string>

namespace arbiter {

/// How far the choices of a rule are above the best of their cells.
class Excess {
 public:
  /// A cell's time(chosen) / time(best).
  void add(double cost);
  void add_unmeasured() { ++unmeasured_; }

  [[nodiscard]] std::size_t cells() const { return cells_; }  ///< with a time for the choice
  [[nodiscard]] std::size_t unmeasured() const { return unmeasured_; }
  [[nodiscard]] double mean() const { return cells_ == 0 ? 0.0 : sum_ / static_cast<double>(cells_); }
  [[nodiscard]] double worst() const { return worst_; }

  /// "mean 0.20 %, worst 11.98 % above the best of 105 cells"
  [[nodiscard]] std::string text() const;

 private:
  std::size_t cells_ = 0;
  std::size_t unmeasured_ = 0;
  double sum_ = 0.0;
  double worst_ = 0.0;
};

}  // namespace arbiter
