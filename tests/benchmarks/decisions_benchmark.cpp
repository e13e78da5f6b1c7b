// SPDX-License-Identifier: Apache-2.0
// Time of reading data, fitting heuristics, and selecting.
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "arbiter/csv.hpp"
#include "arbiter/regret.hpp"
#include "cost_model/cost_model.hpp"
#include "lp/lp.hpp"
#include "lp/regions.hpp"
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

/// The default grid of a run: 1260 cells, four strategies.
const Dataset& default_grid() {
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
  const Measurement row = default_grid().rows().front();
  for (auto _ : state) writer.append(row);
}
BENCHMARK(csv_append);

void dataset_cells(benchmark::State& state) {
  const Dataset data = hundred_thousand_rows();
  for (auto _ : state) benchmark::DoNotOptimize(data.cells());
}
BENCHMARK(dataset_cells)->Unit(benchmark::kMillisecond);

std::vector<Problem> queried_problems(bool on_grid) {
  std::vector<Problem> problems;
  for (const Measurement& row : default_grid().rows()) {
    problems.push_back(row.problem);
    if (!on_grid) problems.back().hidden_size = problems.back().hidden_size * 45 / 32;
  }
  return problems;
}

using MakeSelector = std::shared_ptr<const Selector> (*)();

void look_up(benchmark::State& state, MakeSelector make_selector, bool on_grid) {
  const std::shared_ptr<const Selector> selector = make_selector();
  const std::vector<Problem> problems = queried_problems(on_grid);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(selector->select(problems[next]));
    next = next + 1 == problems.size() ? 0 : next + 1;
  }
}

std::shared_ptr<const Selector> lut_argmin() {
  return fit_lut(default_grid(), {LutOptions::Mode::argmin, 2.0, "NCCL"});
}
std::shared_ptr<const Selector> lut_stable() { return fit_lut(default_grid(), {}); }
std::shared_ptr<const Selector> lp_regions() { return fit_lp(default_grid(), {}); }
std::shared_ptr<const Selector> lp_bytes() { return fit_lp(default_grid(), {LpOptions::Shape::bytes, {}, ""}); }

BENCHMARK_CAPTURE(look_up, lut_argmin, lut_argmin, true);
BENCHMARK_CAPTURE(look_up, lut_stable, lut_stable, true);
BENCHMARK_CAPTURE(look_up, lut_stable_off_grid, lut_stable, false);
BENCHMARK_CAPTURE(look_up, lp_regions, lp_regions, true);
BENCHMARK_CAPTURE(look_up, lp_bytes, lp_bytes, true);

/// A decision per call and the look-up of the operation prepared for it. (Arbiter's AUTO decides once, when the
/// operation is prepared, and adds nothing to a call.)
void auto_decision(benchmark::State& state, bool on_grid) {
  const std::shared_ptr<const Selector> selector = lut_stable();
  std::map<std::string, int, std::less<>> prepared;
  for (const std::string& strategy : default_grid().strategies()) {
    prepared.emplace(strategy, static_cast<int>(prepared.size()));
  }
  const std::vector<Problem> problems = queried_problems(on_grid);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(prepared.find(selector->select(problems[next])));
    next = next + 1 == problems.size() ? 0 : next + 1;
  }
}
BENCHMARK_CAPTURE(auto_decision, on_grid, true);
BENCHMARK_CAPTURE(auto_decision, off_grid, false);

std::shared_ptr<const Selector> cost_model() { return fit_cost_model(default_grid(), {}); }
BENCHMARK_CAPTURE(look_up, cost_model_off_grid, cost_model, false);

/// Twelve grids (three tp sizes, four fusions) of 7 x 15 cells.
void table_select(benchmark::State& state, LookUp look_up, bool on_grid) {
  DecisionTable table = *fit_lut(default_grid(), {LutOptions::Mode::argmin, 2.0, "NCCL"})->table();
  table.look_up = look_up;
  const std::vector<Problem> problems = queried_problems(on_grid);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(&table.select(problems[next]));
    next = next + 1 == problems.size() ? 0 : next + 1;
  }
}
BENCHMARK_CAPTURE(table_select, exact, LookUp::exact, true);
BENCHMARK_CAPTURE(table_select, floor_log2_off_grid, LookUp::floor_log2, false);
BENCHMARK_CAPTURE(table_select, nearest, LookUp::nearest, true);
BENCHMARK_CAPTURE(table_select, nearest_off_grid, LookUp::nearest, false);
BENCHMARK_CAPTURE(table_select, message_size_off_grid, LookUp::message_size, false);

void cost_model_fit(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(fit_cost_model(default_grid(), {}));
}
BENCHMARK(cost_model_fit)->Unit(benchmark::kMillisecond);

void lut_fit_stable(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(fit_lut(default_grid(), {}));
}
BENCHMARK(lut_fit_stable)->Unit(benchmark::kMillisecond);

void lp_fit(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(fit_lp(default_grid(), {}));
}
BENCHMARK(lp_fit)->Unit(benchmark::kMillisecond);

/// Arguments: hidden sizes, token counts, strategies.
void lp_solve(benchmark::State& state, double violation_penalty) {
  const Dataset data = modelled({2}, {"NONE"}, consecutive(128, state.range(0)), consecutive(1, state.range(1)),
                                static_cast<int>(state.range(2)));
  const std::vector<CellBlock> blocks = cell_blocks(data, "lp");
  const std::vector<std::string> order = strategy_order({&blocks.front()});
  for (auto _ : state) {
    benchmark::DoNotOptimize(region_labels(blocks.front(), order, MonotoneIn::tokens_and_hidden, violation_penalty));
  }
  state.counters["cells"] = static_cast<double>(blocks.front().cells());
}
constexpr double monotone = std::numeric_limits<double>::infinity();
BENCHMARK_CAPTURE(lp_solve, monotone, monotone)
    ->Args({7, 15, 4})
    ->Args({7, 15, 6})
    ->Args({20, 20, 4})
    ->Args({40, 40, 4})
    ->Args({40, 40, 6})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lp_solve, penalised, 0.005)->Args({7, 15, 4})->Args({40, 40, 6})->Unit(benchmark::kMillisecond);

/// The same on random times up to `spread` apart, the hardest case.
void lp_solve_noise(benchmark::State& state, double spread) {
  Dataset data;
  unsigned noise = 1;
  for (const std::int64_t hidden : consecutive(128, state.range(0))) {
    for (const std::int64_t tokens : consecutive(1, state.range(1))) {
      for (std::int64_t k = 0; k < state.range(2); ++k) {
        noise = noise * 1664525U + 1013904223U;
        const double factor = 1.0 + spread * static_cast<double>(noise >> 16U) / 65536.0;
        data.add(test::decision_row({2, DType::bfloat16, "NONE", hidden, tokens}, "STRATEGY_" + std::to_string(k),
                                    10.0 * factor));
      }
    }
  }
  const std::vector<CellBlock> blocks = cell_blocks(data, "lp");
  const std::vector<std::string> order = strategy_order({&blocks.front()});
  for (auto _ : state) {
    benchmark::DoNotOptimize(region_labels(blocks.front(), order, MonotoneIn::tokens_and_hidden));
  }
}
BENCHMARK_CAPTURE(lp_solve_noise, noise, 1.0)->Args({7, 15, 4})->Args({40, 40, 6})->Unit(benchmark::kMillisecond);

void regret(benchmark::State& state) {
  const auto selector = fit_lut(default_grid(), {});
  for (auto _ : state) benchmark::DoNotOptimize(regret_of(*selector, default_grid()));
}
BENCHMARK(regret)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace arbiter

BENCHMARK_MAIN();
