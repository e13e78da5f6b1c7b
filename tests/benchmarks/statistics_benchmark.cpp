// SPDX-License-Identifier: Apache-2.0
// Time of a summary, and how good its confidence interval of the median is, by simulation:
//   coverage  share of the intervals that hold the true median; under drift, the medians of both halves of the run
//   ends      share that hold the medians from the first to the last 5 % of the run
//   width     mean width relative to the order-statistic interval that assumes independent samples
// The series are AR(1); a drift is in units of the innovations' scale, from the first sample to the last.
// Series with a goal end when their interval is as wide as that of `goal` samples of a normal distribution whose r is
// known:
//   samples   that they took on average, at most 400
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/measure/sample_series.hpp"
#include "measure/statistics.hpp"

namespace {

using namespace arbiter;

constexpr std::int64_t samples_in_all = 2'000'000;  // of a simulation

/// Of the narrowest pair of order statistics that holds the median of independent samples with 95 %.
double independent_width(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const auto count = static_cast<double>(samples.size());
  const auto rank = static_cast<std::size_t>((count + 1.0) / 2.0 - 0.98 * std::sqrt(count));
  return samples[samples.size() - rank] - samples[rank - 1];
}

void simulate(benchmark::State& state, Innovation innovation, double autocorrelation, double drift, std::size_t count) {
  const double median = SampleSeries(innovation, autocorrelation, 1).true_median(2'000'000);
  SampleSeries series(innovation, autocorrelation, 2);
  const auto rounds = std::min<std::int64_t>(samples_in_all / static_cast<std::int64_t>(count), 20'000);
  const double halves = drift / 4.0;
  const double ends = drift * 0.45;
  double held = 0.0;
  double held_ends = 0.0;
  double width = 0.0;
  double independent = 0.0;
  for (auto _ : state) {
    for (std::int64_t round = 0; round < rounds; ++round) {
      const auto samples = series.next(count, drift);
      const auto summary = summarise(samples);
      const auto holds = [&](double half) {
        return summary.ci_low <= median - half && median + half <= summary.ci_high;
      };
      held += holds(halves) ? 1.0 : 0.0;
      held_ends += holds(ends) ? 1.0 : 0.0;
      width += summary.ci_high - summary.ci_low;
      independent += independent_width(samples);
    }
  }
  state.counters["coverage"] = held / static_cast<double>(rounds);
  state.counters["ends"] = held_ends / static_cast<double>(rounds);
  state.counters["width"] = width / independent;
}

void simulate_stops(benchmark::State& state, Innovation innovation, double autocorrelation, double goal) {
  const double median = SampleSeries(innovation, autocorrelation, 1).true_median(2'000'000);
  SampleSeries series(innovation, autocorrelation, 2);
  const double deviation = 1.0 / std::sqrt(1.0 - autocorrelation * autocorrelation);
  const double inflation = std::sqrt((1.0 + autocorrelation) / (1.0 - autocorrelation));
  const double half_width = 1.96 * std::sqrt(std::acos(0.0) / goal) * deviation * inflation;
  constexpr int rounds = 2000;
  double held = 0.0;
  double samples = 0.0;
  for (auto _ : state) {
    for (int round = 0; round < rounds; ++round) {
      const auto [summary, count] = series.until_precise(half_width, 400);
      held += summary.ci_low <= median && median <= summary.ci_high ? 1.0 : 0.0;
      samples += static_cast<double>(count);
    }
  }
  state.counters["coverage"] = held / rounds;
  state.counters["samples"] = samples / rounds;
}

void time(benchmark::State& state) {
  SampleSeries series(Innovation::skewed, 0.5, 3);
  std::vector<std::vector<double>> all(256);  // in turn, so that the processor does not learn the order of one
  for (auto& samples : all) samples = series.next(static_cast<std::size_t>(state.range(0)));
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(summarise(all[next++ % all.size()]));
}
BENCHMARK(time)->Arg(10)->Arg(100)->Arg(1000);

}  // namespace

int main(int argc, char** argv) {
  const std::pair<Innovation, std::string> innovations[] = {
      {Innovation::gaussian, "gaussian"}, {Innovation::heavy_tailed, "heavy_tailed"}, {Innovation::skewed, "skewed"}};
  for (const auto& [innovation, name] : innovations) {
    for (const double autocorrelation : {0.0, 0.5, 0.8, 0.9, 0.95}) {
      for (const double drift : {0.0, 0.5, 1.0, 3.0, 10.0}) {
        if (drift != 0.0 && autocorrelation > 0.5) continue;
        for (const std::size_t count : {6U, 8U, 10U, 12U, 20U, 50U, 100U, 200U, 1000U}) {
          auto title = name + "/rho:" + std::to_string(autocorrelation).substr(0, 4);
          if (drift != 0.0) title += "/drift:" + std::to_string(drift).substr(0, 3);
          title += "/n:" + std::to_string(count);
          benchmark::RegisterBenchmark(title.c_str(), simulate, innovation, autocorrelation, drift, count)
              ->Iterations(1)
              ->Unit(benchmark::kMillisecond);
        }
      }
      if (autocorrelation > 0.8) continue;
      for (const double goal : {10.0, 20.0, 40.0, 80.0}) {
        const auto title = name + "/rho:" + std::to_string(autocorrelation).substr(0, 4) +
                           "/goal:" + std::to_string(static_cast<int>(goal));
        benchmark::RegisterBenchmark(title.c_str(), simulate_stops, innovation, autocorrelation, goal)
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
