// SPDX-License-Identifier: Apache-2.0
#include "measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace arbiter {

namespace {

constexpr double normal_quantile = 1.96;    // of 97.5 %
constexpr double tail = 0.1;                // share of the samples clamped at either end
constexpr double few_samples = 2.0;         // see summarise(); Student's quantile alone would be (1.96^2 + 1) / 4 = 1.2
constexpr double fewest_effective = 2.5;    // else the above has no bound
constexpr double weak_share = 0.76;         // of a weak trend's ends; its quarters are at 0.5
constexpr double weak_margin = 0.6;         // standard errors of a trend that count as none
constexpr double strong_margin = 0.8;       // likewise where the whole trend counts, from 1.4 standard errors on
constexpr double most_extrapolation = 3.0;  // of an extreme's distance from the median

/// At a 1-based rank of ascending samples; between two samples, interpolated.
double at(const std::vector<double>& sorted, double rank) {
  const auto below = static_cast<std::size_t>(rank) - 1;
  const double part = rank - std::floor(rank);
  return part == 0.0 ? sorted[below] : std::lerp(sorted[below], sorted[below + 1], part);
}

/// Standard error of an AR(1) series' mean, relative to that of independent samples.
double inflation(double autocorrelation) {
  const double r = std::clamp(autocorrelation, 0.0, 0.99);
  return std::sqrt((1.0 + r) / (1.0 - r));
}

/// The same of the half-width: the scale of fewer effective samples is less certain too.
double widening_of(double autocorrelation, double count) {
  const double error = inflation(autocorrelation);
  const double effective = std::max(count / (error * error), fewest_effective);
  return error * (1.0 + few_samples * (1.0 / (effective - 1.0) - 1.0 / (count - 1.0)));
}

/// What keeps samples in the order of measurement from being independent draws around one median.
struct Dependence {
  double widening = 1.0;  ///< of the interval's half-width
  double drift = 0.0;     ///< what a linear trend adds on each side
};

Dependence dependence(std::vector<double> samples, double low, double high) {
  const auto count = static_cast<double>(samples.size());
  double mean = 0.0;
  for (double& sample : samples) {
    sample = std::clamp(sample, low, high) - low;  // equal samples become exactly 0
    mean += sample / count;
  }
  double variance = 0.0;  // this and the others are sums over the samples
  double lagged = 0.0;
  double trend = 0.0;
  double before = 0.0;
  double time = (1.0 - count) / 2.0;
  for (double& sample : samples) {
    sample -= mean;
    variance += sample * sample;
    lagged += before * sample;
    trend += time * sample;
    before = sample;
    time += 1.0;
  }
  if (variance == 0.0) return {};

  // Residuals of the trend: the trend's own autocorrelation must not hide it.
  const double time_variance = count * (count * count - 1.0) / 12.0;
  const double slope = trend / time_variance;
  double residual_variance = 0.0;
  double residual_lagged = 0.0;
  before = 0.0;
  time = (1.0 - count) / 2.0;
  for (const double sample : samples) {
    const double residual = sample - slope * time;
    residual_variance += residual * residual;
    residual_lagged += before * residual;
    before = residual;
    time += 1.0;
  }
  // Solved for r, the expected lag-1 autocorrelation of residuals is less by (2 + 4 r) / n.
  const double residual_correlation =
      residual_variance == 0.0 ? 0.0 : (count * residual_lagged / residual_variance + 2.0) / (count - 4.0);
  const double error = std::sqrt(residual_variance / (count - 2.0) / time_variance) * inflation(residual_correlation);

  Dependence result;
  // The expected lag-1 autocorrelation is less than the process's r by (1 + 4 r) / n; solved for r, plus the margin.
  result.widening = widening_of((count * lagged / variance + 3.0) / (count - 4.0), count);
  // Clamped samples do not move with the trend, so that the slope is too flat by their share.
  const double rise = std::max(weak_share * (std::abs(slope) - weak_margin * error),  //
                               std::abs(slope) - strong_margin * error);
  result.drift = std::max(rise, 0.0) * count / 2.0 / (1.0 - 2.0 * tail);
  return result;
}

void add_interval(SampleSummary& summary, const std::vector<double>& samples, const std::vector<double>& sorted) {
  const auto count = static_cast<double>(sorted.size());
  const double middle = (count + 1.0) / 2.0;
  const double to_extreme = middle - 1.0;
  const auto [widening, drift] =
      dependence(samples, at(sorted, 1.0 + tail * (count - 1.0)), at(sorted, count - tail * (count - 1.0)));
  const double half_width = normal_quantile * std::sqrt(count) / 2.0 * widening;  // in ranks
  double low = 0.0;
  double high = 0.0;
  if (half_width <= to_extreme) {
    low = at(sorted, middle - half_width);
    high = at(sorted, middle + half_width);
  } else {
    const double distance = std::min(half_width / to_extreme, most_extrapolation);
    low = std::max(summary.median - distance * (summary.median - sorted.front()), sorted.front() / 2.0);
    high = summary.median + distance * (sorted.back() - summary.median);
  }
  summary.ci_low = std::min(low, std::max(low - drift, sorted.front()));
  summary.ci_high = std::max(high, std::min(high + drift, sorted.back()));
}

}  // namespace

double SampleSummary::relative_half_width() const {
  if (std::isnan(ci_low)) return std::numeric_limits<double>::infinity();
  return (ci_high - ci_low) / 2.0 / median;
}

SampleSummary summarise(const std::vector<double>& samples) {
  auto sorted = samples;
  std::sort(sorted.begin(), sorted.end());
  const auto count = static_cast<double>(sorted.size());
  SampleSummary summary;
  summary.median = at(sorted, (count + 1.0) / 2.0);
  summary.minimum = sorted.front();
  summary.p95 = at(sorted, std::ceil(0.95 * count));
  summary.ci_low = summary.ci_high = std::numeric_limits<double>::quiet_NaN();
  if (sorted.size() >= fewest_for_interval) add_interval(summary, samples, sorted);
  return summary;
}

}  // namespace arbiter
