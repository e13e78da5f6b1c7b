// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace arbiter {

/// The Cholesky factor of a symmetric positive definite matrix. The same bits on every machine, which a tuned library
/// would not give; matrices here have some hundred rows.
class Cholesky {
 public:
  /// `matrix`: n x n, row major; only its lower triangle is read. It must be positive definite.
  Cholesky(std::vector<double> matrix, std::size_t n);

  [[nodiscard]] std::size_t size() const { return n_; }
  [[nodiscard]] double log_determinant() const;
  /// Solves L y = x in place.
  void solve_lower(std::vector<double>& x) const;
  /// Solves L L' y = x in place.
  void solve(std::vector<double>& x) const;

 private:
  std::vector<double> lower_;
  std::size_t n_;
};

}  // namespace arbiter
