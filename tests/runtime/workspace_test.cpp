// SPDX-License-Identifier: Apache-2.0
#include "workspace.hpp"

#include <random>

#include <gtest/gtest.h>

#include "kernels.hpp"

namespace {

using namespace arbiter;
using runtime::Capacity;

constexpr cuda::DeviceTraits traits{132, true};

arbiter_operation operation_of(arbiter_dtype dtype, arbiter_fusion fusion, std::int64_t tokens, std::int64_t hidden) {
  arbiter_operation operation = ARBITER_OPERATION_INIT;
  operation.dtype = dtype;
  operation.fusion = fusion;
  operation.num_tokens = tokens;
  operation.hidden_size = hidden;
  return operation;
}

TEST(Capacity, HoldsEveryChunkOfEveryShape) {
  std::mt19937_64 random(1);
  const auto up_to = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>(1, most)(random); };
  int chunks = 0;
  for (int i = 0; i < 20000; ++i) {
    const int ranks = 1 << up_to(3);
    const bool fused = random() % 2 == 0;
    const std::int64_t hidden = fused ? up_to(ranks == 2 ? 2048 : 1536) * 8 : up_to(20000) - 1;
    const auto dtype = fused || random() % 2 == 0 ? ARBITER_BFLOAT16 : ARBITER_FLOAT32;
    const auto operation =
        operation_of(dtype, fused ? ARBITER_RESIDUAL_RMS_NORM : ARBITER_NONE, up_to(1 << up_to(20)), hidden);
    const Capacity capacity = Capacity::of_bytes(up_to(1 << up_to(26)));
    const std::int64_t rows = std::min(capacity.rows_per_chunk(operation), operation.num_tokens);
    if (rows < 1) continue;  // refused
    ++chunks;
    Problem problem;
    problem.tp_size = ranks;
    problem.dtype = static_cast<DType>(dtype);
    problem.num_tokens = hidden == 0 ? 1 : rows;
    problem.hidden_size = hidden == 0 ? rows : hidden;
    cuda::TileParameters parameters;
    parameters.programmatic = random() % 2 == 0;
    const auto plan = cuda::complete_plan(problem, fused, parameters, traits);
    ASSERT_LE(plan.tiles * plan.per_tile, capacity.oneshot_slots());
    const auto needed = twoshot::TwoshotAreas::of_message(plan, ranks);
    const auto areas = capacity.twoshot_areas(ranks);
    ASSERT_LE(needed.owned_slots, areas.owned_slots);
    ASSERT_LE(needed.all_slots, areas.all_slots);
    if (fused) {
      ASSERT_LE(needed.all_scalars, areas.all_scalars);
    }
  }
  EXPECT_GT(chunks, 10000);
}

TEST(Capacity, CutsNvfp4BetweenTilesOfScales) {
  const Capacity capacity = Capacity::of_bytes(std::int64_t{300} * 4096 * 2);
  auto operation = operation_of(ARBITER_BFLOAT16, ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4, 1000, 4096);
  EXPECT_EQ(capacity.rows_per_chunk(operation), 256);
  operation.num_tokens = 300;
  EXPECT_EQ(capacity.rows_per_chunk(operation), 300) << "it is not cut";
  operation.num_tokens = 1000;
  operation.scale_layout = ARBITER_SCALES_LINEAR;
  EXPECT_EQ(capacity.rows_per_chunk(operation), 300);
}

TEST(Kernels, AreThereForRowsThatThePlanKeepsInRegisters) {
  for (const int ranks : {2, 4, 8}) {
    for (const bool clusters : {false, true}) {
      for (std::int64_t vectors = 1; vectors <= 2500; ++vectors) {
        for (const std::int64_t rows : {1, 8, 9, 64, 67, 133}) {
          Problem problem;
          problem.tp_size = ranks;
          problem.hidden_size = vectors * 8;
          problem.num_tokens = rows;
          const cuda::TileParameters parameters;
          const auto plan = cuda::complete_plan(problem, true, parameters, {132, clusters});
          const bool fits = runtime::fits_registers(vectors, ranks, parameters, {132, clusters});
          ASSERT_EQ(fits, plan.per_thread > 0) << ranks << " ranks, " << vectors << " vectors, " << rows << " rows";
        }
      }
    }
  }
}

}  // namespace
