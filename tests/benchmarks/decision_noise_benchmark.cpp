// SPDX-License-Identifier: Apache-2.0
// How much noise in the times changes decisions. Each copy of a dataset has every time multiplied by 1 + noise x a
// normal number; six pairs of copies unless told otherwise, each with seeds of its own:
//   flips        cells that two copies decide differently, mean over the pairs
//   flips_most   of the pair with the most
//   flips_apart  flips between strategies more than 2 % apart in the data without noise
//   regret       true regret in percent: of decisions from noisy data, in the data without noise, mean over cells
//   worst        likewise, the worst cell
// Usage: decision_noise_benchmark <folder of CSVs> [<first seed> <pairs>] [Google Benchmark's flags]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "arbiter/regret.hpp"
#include "io/data_dir.hpp"
#include "lut/lut.hpp"

namespace {

using namespace arbiter;
using Fit = std::shared_ptr<const Selector> (*)(const Dataset&);

struct Seeds {
  unsigned first = 100;
  unsigned pairs = 6;
};

Dataset noisy(const Dataset& clean, double noise, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  Dataset copy(clean.machine());
  for (Measurement row : clean.rows()) {
    const double factor = std::max(1.0 + noise * normal(random), 0.1);
    for (double* time : {&row.time_us, &row.min_us, &row.p95_us, &row.ci_low_us, &row.ci_high_us}) *time *= factor;
    copy.add(row);
  }
  return copy;
}

void judge(benchmark::State& state, const Dataset& clean, Fit fit, double noise, Seeds seeds) {
  const double pairs = seeds.pairs;
  double flips = 0.0;
  double flips_most = 0.0;
  double flips_apart = 0.0;
  double regret = 0.0;
  double worst = 0.0;
  for (auto _ : state) {
    for (unsigned pair = 0; pair < seeds.pairs; ++pair) {
      const auto a = fit(noisy(clean, noise, seeds.first + 2 * pair));
      const auto b = fit(noisy(clean, noise, seeds.first + 2 * pair + 1));
      double of_pair = 0.0;
      for (const auto& [problem, cell] : clean.cells()) {
        const Measurement* of_a = row_of(cell, a->select(problem));
        const Measurement* of_b = row_of(cell, b->select(problem));
        if (of_a == of_b) continue;
        of_pair += 1.0;
        const bool apart =
            of_a == nullptr || of_b == nullptr || std::abs(std::log(of_a->time_us / of_b->time_us)) > std::log(1.02);
        flips_apart += apart ? 1.0 / pairs : 0.0;
      }
      flips += of_pair / pairs;
      flips_most = std::max(flips_most, of_pair);
      for (const auto& selector : {a, b}) {
        const Regret of_copy = regret_of(*selector, clean);
        regret += 100.0 * of_copy.mean / (2 * pairs);
        worst = std::max(worst, 100.0 * of_copy.worst);
      }
    }
  }
  state.counters["flips"] = flips;
  state.counters["flips_most"] = flips_most;
  state.counters["flips_apart"] = flips_apart;
  state.counters["regret"] = regret;
  state.counters["worst"] = worst;
}

std::shared_ptr<const Selector> argmin(const Dataset& data) {
  return fit_lut(data, {.mode = LutOptions::Mode::argmin, .fallback = {}});
}
std::shared_ptr<const Selector> stable(const Dataset& data) { return fit_lut(data, {.fallback = {}}); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s <folder of CSVs> [<first seed> <pairs>] [flags of Google Benchmark]\n", argv[0]);
    return 2;
  }
  const std::string folder = argv[1];
  int used = 1;
  Seeds seeds;
  if (argc > 3 && argv[2][0] != '-') {
    seeds = {static_cast<unsigned>(std::atoi(argv[2])), static_cast<unsigned>(std::max(std::atoi(argv[3]), 1))};
    used = 3;
  }
  std::swap(argv[0], argv[used]);
  argc -= used;
  benchmark::Initialize(&argc, argv += used);
  try {
    static const Dataset data = [&] {
      Dataset measured = read_data_dir(folder, "").dataset;
      return measured.of_setting(measured.settings().front());
    }();
    for (const auto& [name, fit] : std::vector<std::pair<std::string, Fit>>{{"argmin", argmin}, {"stable", stable}}) {
      for (const double noise : {0.0, 0.014, 0.03, 0.1}) {
        benchmark::RegisterBenchmark(
            (name + "/noise:" + std::to_string(noise)).c_str(),
            [fit = fit, noise, seeds](benchmark::State& state) { judge(state, data, fit, noise, seeds); })
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
      }
    }
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
