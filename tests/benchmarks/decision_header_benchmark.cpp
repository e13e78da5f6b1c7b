// SPDX-License-Identifier: Apache-2.0
// Time of one look-up by the generated decision headers, per look-up rule.
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "by_floor_log2.hpp"
#include "by_message_size.hpp"
#include "by_nearest.hpp"

namespace {

struct Shape {
  int tp_size;
  int fusion;
  std::int64_t num_tokens;
  std::int64_t hidden_size;
};

/// In random order, so that the branch predictor cannot learn it.
std::vector<Shape> shapes(bool on_grid) {
  constexpr int fusions[] = {0, 1, 4, 5};
  constexpr std::int64_t odd_hidden[] = {2880, 5120, 6144, 7168, 12288};
  std::vector<Shape> result;
  unsigned noise = 7;
  const auto any = [&noise](unsigned count) {
    noise = noise * 1664525U + 1013904223U;
    return (noise >> 16U) % count;
  };
  for (int i = 0; i < 4096; ++i) {
    const int tp_size = 2 << any(3);
    const int fusion = fusions[any(4)];
    const std::int64_t tokens = on_grid ? std::int64_t{1} << any(15) : 1 + any(16384);
    const std::int64_t hidden = on_grid ? std::int64_t{128} << any(7) : odd_hidden[any(5)];
    result.push_back({tp_size, fusion, tokens, hidden});
  }
  return result;
}

template <class Select>
void look_up(benchmark::State& state, Select select, bool on_grid) {
  const std::vector<Shape> queries = shapes(on_grid);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(select(queries[next]));
    next = next + 1 == queries.size() ? 0 : next + 1;
  }
}

const auto nearest = [](const Shape& shape) {
  return by_nearest::select(shape.tp_size, by_nearest::Fusion(shape.fusion), shape.num_tokens, shape.hidden_size);
};
const auto message_size = [](const Shape& shape) {
  return by_message_size::select(shape.tp_size, by_message_size::Fusion(shape.fusion), shape.num_tokens,
                                 shape.hidden_size);
};
const auto floor_log2 = [](const Shape& shape) {
  return by_floor_log2::select(shape.tp_size, by_floor_log2::Fusion(shape.fusion), shape.num_tokens, shape.hidden_size);
};

BENCHMARK_CAPTURE(look_up, nearest_on_grid, nearest, true);
BENCHMARK_CAPTURE(look_up, nearest_off_grid, nearest, false);
BENCHMARK_CAPTURE(look_up, message_size_on_grid, message_size, true);
BENCHMARK_CAPTURE(look_up, message_size_off_grid, message_size, false);
BENCHMARK_CAPTURE(look_up, floor_log2_on_grid, floor_log2, true);
BENCHMARK_CAPTURE(look_up, floor_log2_off_grid, floor_log2, false);

}  // namespace

BENCHMARK_MAIN();
