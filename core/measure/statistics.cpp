// SPDX-License-Identifier: Apache-2.0
#include "measure/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace arbiter {

SampleSummary summarise(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const auto count = static_cast<double>(samples.size());
  const auto at = [&](double rank) {  // 1-based, clamped
    const double index = std::clamp(rank, 1.0, count) - 1.0;
    return samples[static_cast<std::size_t>(index)];
  };
  const double half_width = 1.96 * std::sqrt(count) / 2.0;
  SampleSummary summary;
  summary.median = (at(std::floor((count + 1.0) / 2.0)) + at(std::ceil((count + 1.0) / 2.0))) / 2.0;
  summary.minimum = samples.front();
  summary.p95 = at(std::ceil(0.95 * count));
  summary.ci_low = at(std::floor(count / 2.0 - half_width));
  summary.ci_high = at(std::ceil(count / 2.0 + 1.0 + half_width));
  return summary;
}

}  // namespace arbiter
