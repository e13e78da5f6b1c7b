// SPDX-License-Identifier: Apache-2.0
#include "lut/cholesky.hpp"

#include <cmath>
#include <numeric>
#include <utility>

namespace arbiter {

Cholesky::Cholesky(std::vector<double> matrix, std::size_t n) : lower_(std::move(matrix)), n_(n) {
  for (std::size_t i = 0; i < n_; ++i) {
    double* const row = lower_.data() + i * n_;
    for (std::size_t j = 0; j <= i; ++j) {
      const double* const other = lower_.data() + j * n_;
      const double rest = row[j] - std::inner_product(row, row + j, other, 0.0);
      row[j] = i == j ? std::sqrt(rest) : rest / other[j];
    }
  }
}

double Cholesky::log_determinant() const {
  double sum = 0.0;
  for (std::size_t i = 0; i < n_; ++i) sum += 2.0 * std::log(lower_[i * n_ + i]);
  return sum;
}

void Cholesky::solve_lower(std::vector<double>& x) const {
  for (std::size_t i = 0; i < n_; ++i) {
    const double* const row = lower_.data() + i * n_;
    x[i] = (x[i] - std::inner_product(row, row + i, x.data(), 0.0)) / row[i];
  }
}

void Cholesky::solve(std::vector<double>& x) const {
  solve_lower(x);
  for (std::size_t i = n_; i-- > 0;) {
    const double* const row = lower_.data() + i * n_;
    x[i] /= row[i];
    for (std::size_t j = 0; j < i; ++j) x[j] -= row[j] * x[i];
  }
}

}  // namespace arbiter
