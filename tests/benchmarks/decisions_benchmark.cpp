#include <algorithm>
#include <filesystem>
#include <memory>

#include <benchmark/benchmark.h>

#include "arbiter/csv.hpp"
#include "arbiter/regret.hpp"
#include "lp/lp.hpp"
#include "lp/monotone_regions.hpp"
#include "lp/strategy_order.hpp"
#include "lut/lut.hpp"
#include "support/decisions_data.hpp"
#include "support/temp_dir.hpp"

namespace arbiter {

namespace {

/// Latency + bytes / rate with up to 5 % of noise, on hidden x tokens cells of each tp size and fusion.
Dataset modelled(const std::vector<int>& tp_sizes, const std::vector<std::string>& fusions,
                 const std::vector<std::int64_t>& hidden_sizes, const std::vector<std::int64_t>& num_tokens,
                 int strategies) {
  Dataset data(Machine{"cpu", {}});
  unsigned noise = 1;
  for (const int tp_size : tp_sizes) {
    for (const std::string& fusion : fusions) {
      for (const std::int64_t hidden : hidden_sizes) {
        for (const std::int64_t tokens : num_tokens) {
          const Problem problem{tp_size, DType::bfloat16, fusion, hidden, tokens};
          for (int k = 0; k < strategies; ++k) {
            noise = noise * 1664525U + 1013904223U;
            const double factor = 1.0 + 0.05 * static_cast<double>(noise >> 16U) / 65536.0;
            const double bytes = static_cast<double>(problem.message_bytes());
            const double time = 4.0 * (1 << k) + bytes / (500.0 * static_cast<double>(1 << (3 * k)));
            data.add(test::decision_row(problem, "STRATEGY_" + std::to_string(k), time * factor));
          }
        }
      }
    }
  }
  return data;
}

std::vector<std::int64_t> consecutive(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(first * (i + 1));
  return values;
}

/// The full seed grid: 1260 cells, four strategies.
const Dataset& seed_grid() {
  static const Dataset data =
      modelled({2, 4, 8}, {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_QUANT_NVFP4"},
               test::powers_of_two(128, 8192), test::powers_of_two(1, 16384), 4);
  return data;
}

Dataset hundred_thousand_rows() {
  return modelled({2, 4}, {"NONE", "RESIDUAL_RMS_NORM"}, consecutive(128, 50), consecutive(1, 125), 4);
}

void csv_load(benchmark::State& state) {
  const test::TempDir dir;
  const std::filesystem::path file = dir.path() / "benchmark.tp2.cpu.csv";
  {
    const Dataset data = hundred_thousand_rows();
    CsvWriter writer(file);
    for (const Measurement& row : data.rows()) writer.append(row);
  }
  std::size_t rows = 0;
  for (auto _ : state) rows += read_csv(file).dataset.rows().size();
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}
BENCHMARK(csv_load)->Unit(benchmark::kMillisecond);

void csv_append(benchmark::State& state) {
  const test::TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  const Measurement row = seed_grid().rows().front();
  for (auto _ : state) writer.append(row);
}
BENCHMARK(csv_append);

void dataset_cells(benchmark::State& state) {
  const Dataset data = hundred_thousand_rows();
  for (auto _ : state) benchmark::DoNotOptimize(data.cells());
}
BENCHMARK(dataset_cells)->Unit(benchmark::kMillisecond);

using MakeSelector = std::shared_ptr<const Selector> (*)();

void look_up(benchmark::State& state, MakeSelector make_selector, bool on_grid) {
  const std::shared_ptr<const Selector> selector = make_selector();
  std::vector<Problem> problems;
  for (const Measurement& row : seed_grid().rows()) {
    problems.push_back(row.problem);
    if (!on_grid) problems.back().hidden_size = problems.back().hidden_size * 45 / 32;
  }
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(selector->select(problems[next]));
    next = next + 1 == problems.size() ? 0 : next + 1;
  }
}

std::shared_ptr<const Selector> lut_argmin() { return fit_lut(seed_grid(), {LutOptions::Mode::argmin, 2.0, "NCCL"}); }
std::shared_ptr<const Selector> lut_stable() { return fit_lut(seed_grid(), {}); }
std::shared_ptr<const Selector> lp_regions() { return fit_lp(seed_grid(), {}); }
std::shared_ptr<const Selector> lp_bytes() { return fit_lp(seed_grid(), {LpOptions::Shape::bytes, {}, ""}); }

BENCHMARK_CAPTURE(look_up, lut_argmin, lut_argmin, true);
BENCHMARK_CAPTURE(look_up, lut_stable, lut_stable, true);
BENCHMARK_CAPTURE(look_up, lut_stable_off_grid, lut_stable, false);
BENCHMARK_CAPTURE(look_up, lp_regions, lp_regions, true);
BENCHMARK_CAPTURE(look_up, lp_bytes, lp_bytes, true);

void lut_fit_stable(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(fit_lut(seed_grid(), {}));
}
BENCHMARK(lut_fit_stable)->Unit(benchmark::kMillisecond);

void lp_fit(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(fit_lp(seed_grid(), {}));
}
BENCHMARK(lp_fit)->Unit(benchmark::kMillisecond);

/// Arguments: hidden sizes, token counts, strategies.
void lp_solve(benchmark::State& state) {
  const Dataset data = modelled({2}, {"NONE"}, consecutive(128, state.range(0)), consecutive(1, state.range(1)),
                                static_cast<int>(state.range(2)));
  const std::vector<CellBlock> blocks = cell_blocks(data, "lp");
  const std::vector<std::string> order = strategy_order({&blocks.front()});
  for (auto _ : state) benchmark::DoNotOptimize(monotone_regions(blocks.front(), order));
  state.counters["cells"] = static_cast<double>(blocks.front().cells());
}
BENCHMARK(lp_solve)
    ->Args({7, 15, 4})
    ->Args({7, 15, 6})
    ->Args({20, 20, 4})
    ->Args({40, 40, 4})
    ->Unit(benchmark::kMillisecond);

void regret(benchmark::State& state) {
  const auto selector = fit_lut(seed_grid(), {});
  for (auto _ : state) benchmark::DoNotOptimize(regret_of(*selector, seed_grid()));
}
BENCHMARK(regret)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace arbiter

BENCHMARK_MAIN();
