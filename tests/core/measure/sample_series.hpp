// SPDX-License-Identifier: Apache-2.0
// Simulated samples in the order of measurement, for the coverage of their summary's interval.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace arbiter {

enum class Innovation { gaussian, heavy_tailed, skewed };

/// Stationary AR(1) series around 1000, with a linear drift on top.
class SampleSeries {
 public:
  SampleSeries(Innovation innovation, double autocorrelation, unsigned seed)
      : innovation_(innovation), autocorrelation_(autocorrelation), random_(seed) {}

  [[nodiscard]] std::vector<double> next(std::size_t count, double drift = 0.0) {
    double state = 0.0;
    for (double left = 1.0; left > 1e-4; left *= autocorrelation_) state = autocorrelation_ * state + innovation();
    std::vector<double> samples(count);
    double shift = -drift / 2.0;
    for (double& sample : samples) {
      state = autocorrelation_ * state + innovation();
      sample = 1000.0 + state + shift;
      shift += drift / static_cast<double>(count - 1);
    }
    return samples;
  }

  /// Of the process without drift, from one long series.
  [[nodiscard]] double true_median(std::size_t count) {
    if (innovation_ != Innovation::skewed) return 1000.0;
    auto samples = next(count);
    const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(count / 2);
    std::nth_element(samples.begin(), middle, samples.end());
    return *middle;
  }

 private:
  [[nodiscard]] double innovation() {
    if (innovation_ == Innovation::heavy_tailed) return student_(random_);
    return innovation_ == Innovation::gaussian ? normal_(random_) : std::exp(normal_(random_));
  }

  Innovation innovation_;
  double autocorrelation_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::student_t_distribution<double> student_{3.0};
};

}  // namespace arbiter
