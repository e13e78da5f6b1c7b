// SPDX-License-Identifier: Apache-2.0
// Time of the runtime's decision for one call, with the built-in decision: shapes of the grid, shapes of real models,
// and messages without rows.
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "built_in_decisions.hpp"
#include "decision.hpp"
#include "kernels.hpp"

namespace {

using arbiter::runtime::Decision;

const Decision& built_in() {
  static const Decision decision = [] {
    const auto [name, text] = arbiter::runtime::built_in_decisions().front();
    return Decision(std::string(name), std::string(text), "", 2, {});
  }();
  return decision;
}

struct Shape {
  arbiter_fusion fusion;
  std::int64_t num_tokens;
  std::int64_t hidden_size;
};

/// In random order, so that the branch predictor cannot learn it.
std::vector<Shape> shapes(const std::vector<std::int64_t>& hidden_sizes) {
  std::vector<Shape> result;
  result.reserve(4096);
  unsigned noise = 7;
  const auto any = [&noise](std::size_t count) {
    noise = noise * 1664525U + 1013904223U;
    return (noise >> 8U) % count;
  };
  for (int i = 0; i < 4096; ++i) {
    const auto hidden = hidden_sizes[any(hidden_sizes.size())];
    const auto fusion = hidden == 0 ? ARBITER_NONE : static_cast<arbiter_fusion>(any(4));
    result.push_back({fusion, 1 + static_cast<std::int64_t>(any(hidden == 0 ? 1U << 23U : 8192U)), hidden});
  }
  return result;
}

void decide(benchmark::State& state, const std::vector<std::int64_t>& hidden_sizes) {
  const auto queries = shapes(hidden_sizes);
  const Decision& decision = built_in();
  std::size_t next = 0;
  for (auto _ : state) {
    const Shape& shape = queries[next];
    benchmark::DoNotOptimize(
        decision.variant(decision.find(ARBITER_BFLOAT16, shape.fusion, shape.num_tokens, shape.hidden_size)).path);
    next = next + 1 == queries.size() ? 0 : next + 1;
  }
}

BENCHMARK_CAPTURE(decide, on_the_grid, std::vector<std::int64_t>{128, 256, 512, 1024, 2048, 4096, 8192});
BENCHMARK_CAPTURE(decide, of_models, std::vector<std::int64_t>{2880, 5120, 6144, 7168});
BENCHMARK_CAPTURE(decide, without_rows, std::vector<std::int64_t>{0});

}  // namespace

BENCHMARK_MAIN();
