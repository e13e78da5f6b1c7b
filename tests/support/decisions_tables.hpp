// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "arbiter/decision_table.hpp"

namespace arbiter::test {

inline constexpr std::int64_t endless = std::numeric_limits<std::int64_t>::max();

/// From 1 to 2^bits, each order of magnitude as often.
inline std::int64_t any_size(std::mt19937_64& random, int bits) {
  return static_cast<std::int64_t>(random() >> (64 - static_cast<int>(random() % static_cast<unsigned>(bits)) - 1)) + 1;
}

inline std::vector<std::int64_t> any_axis(std::mt19937_64& random, std::size_t count, int bits) {
  std::set<std::int64_t> values;
  while (values.size() < count) {
    // Half of them powers of two, so that floor_log2 finds some.
    values.insert(random() % 2 == 0 ? any_size(random, bits)
                                    : std::int64_t{1} << (random() % static_cast<unsigned>(bits)));
  }
  return {values.begin(), values.end()};
}

/// A table with several tp sizes, fusions and dtypes, cells without an answer, and steps where it has no grids.
inline DecisionTable any_table(LookUp look_up, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::vector<std::string> strategies = {"NCCL", "ONESHOT", "TWOSHOT", "my-own", "int"};
  DecisionTable table{look_up, {}, {}, "NCCL_SYMMETRIC"};
  for (const int tp_size : {2, 4, 8, 6}) {
    for (const char* fusion : {"RESIDUAL_RMS_NORM", "NONE", "MY FUSION"}) {
      for (const DType dtype : {DType::float32, DType::bfloat16, DType::float16}) {
        if (random() % 2 == 0) continue;
        DecisionGrid grid{
            tp_size,    dtype, fusion, any_axis(random, 1 + random() % 7, 14), any_axis(random, 1 + random() % 15, 16),
            strategies, {}};
        const std::size_t cells = grid.hidden_sizes.size() * grid.num_tokens.size();
        const std::size_t holes = random() % 4;  // in quarters
        for (std::size_t i = 0; i < cells; ++i) {
          const auto strategy = static_cast<std::uint16_t>(random() % strategies.size());
          grid.cells.push_back(random() % 4 < holes ? DecisionGrid::no_answer : strategy);
        }
        table.grids.push_back(grid);
      }
    }
  }
  for (const DType dtype : {DType::float16, DType::float32}) {
    DecisionSteps steps{16, dtype, "NONE", {}};
    for (const std::int64_t last : any_axis(random, 3, 20)) steps.steps.push_back({last, strategies[random() % 5]});
    steps.steps.push_back({endless, "MNNVL"});
    table.steps.push_back(steps);
  }
  return table;
}

/// A shape near the table's, or one that is not: 0, negative, without end, of a tp size or fusion it does not have.
inline Problem any_problem(std::mt19937_64& random) {
  static const std::vector<std::string> fusions = {"NONE", "NONE", "RESIDUAL_RMS_NORM", "MY FUSION",
                                                   "RESIDUAL_RMS_NORM_QUANT_FP8"};
  constexpr int tp_sizes[] = {2, 2, 4, 4, 8, 6, 16, 16, 3, 0};
  constexpr DType dtypes[] = {DType::bfloat16, DType::float16, DType::float32};
  const auto size = [&](int bits) -> std::int64_t {
    switch (random() % 16) {
      case 0: return 0;
      case 1: return any_size(random, 63);
      case 2: return endless;
      case 3: return -any_size(random, 63);
      case 4:
      case 5: return std::int64_t{1} << (random() % static_cast<unsigned>(bits));
      default: return any_size(random, bits);
    }
  };
  return {tp_sizes[random() % std::size(tp_sizes)], dtypes[random() % std::size(dtypes)],
          fusions[random() % fusions.size()], size(14), size(16)};
}

/// The problems of all cells of its grids.
inline std::vector<Problem> cells_in(const DecisionTable& table) {
  std::vector<Problem> problems;
  for (const DecisionGrid& grid : table.grids) {
    for (const std::int64_t hidden : grid.hidden_sizes) {
      for (const std::int64_t tokens : grid.num_tokens) {
        problems.push_back({grid.tp_size, grid.dtype, grid.fusion, hidden, tokens});
      }
    }
  }
  return problems;
}

}  // namespace arbiter::test
