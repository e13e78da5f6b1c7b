// SPDX-License-Identifier: Apache-2.0
// Simulated samples in the order of measurement, for the coverage of their summary's interval.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "measure/statistics.hpp"

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

  /// As the sampler does: from 10 samples on, up to `most`, it ends when the interval's half width is `goal`.
  [[nodiscard]] std::pair<SampleSummary, std::size_t> until_precise(double goal, std::size_t most) {
    const auto all = next(most);
    std::vector<double> samples(all.begin(), all.begin() + 9);
    for (;;) {
      samples.push_back(all[samples.size()]);
      const auto summary = summarise(samples);
      const bool precise = summary.ci_high - summary.ci_low <= 2.0 * goal;
      if (precise || samples.size() == most) return {summary, samples.size()};
    }
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
