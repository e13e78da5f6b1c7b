// SPDX-License-Identifier: Apache-2.0
#include "common/geometric_mean.hpp"

#include <cmath>

namespace arbiter {

double geometric_mean(const std::vector<double>& factors) {
  if (factors.empty()) return 0.0;
  double logarithms = 0.0;
  for (const double factor : factors) logarithms += std::log(factor);
  return std::exp(logarithms / static_cast<double>(factors.size()));
}

}  // namespace arbiter
