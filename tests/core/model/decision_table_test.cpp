// SPDX-License-Identifier: Apache-2.0
#include "arbiter/decision_table.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

constexpr std::uint16_t hole = DecisionGrid::no_answer;

/// Hidden sizes 128 and 512, tokens 1, 8 and 64; strategies A, B, C.
DecisionGrid small_grid(std::vector<std::uint16_t> cells, DType dtype = DType::bfloat16, int tp_size = 2,
                        std::string first = "A") {
  return {tp_size, dtype, "NONE", {128, 512}, {1, 8, 64}, {std::move(first), "B", "C"}, std::move(cells)};
}

DecisionTable table_of(LookUp look_up, std::vector<DecisionGrid> grids) {
  return {look_up, std::move(grids), {}, "FALLBACK"};
}

double log_distance(std::int64_t a, std::int64_t b) {
  return std::abs(std::log2(static_cast<double>(a)) - std::log2(static_cast<double>(b)));
}

}  // namespace

TEST(DecisionTable, ExactAnswersCellsOnly) {
  const DecisionTable table = table_of(LookUp::exact, {small_grid({0, 1, 2, 0, 0, hole})});
  EXPECT_EQ(table.select(cell_of(128, 64)), "C");
  EXPECT_EQ(table.select(cell_of(128, 65)), "FALLBACK");
  EXPECT_EQ(table.select(cell_of(256, 64)), "FALLBACK");
  EXPECT_EQ(table.select(cell_of(512, 64)), "FALLBACK");  // no answer
  EXPECT_EQ(table.select({4, DType::bfloat16, "NONE", 128, 1}), "FALLBACK");
  EXPECT_EQ(table.select({2, DType::bfloat16, "OTHER", 128, 1}), "FALLBACK");
}

TEST(DecisionTable, NearestIsOfLogarithmsAndTheSmallerOnATie) {
  const DecisionTable table = table_of(LookUp::nearest, {small_grid({0, 1, 2, 2, 0, 1})});
  EXPECT_EQ(table.select(cell_of(256, 1)), "A");  // as near to 512
  EXPECT_EQ(table.select(cell_of(257, 1)), "C");
  EXPECT_EQ(table.select(cell_of(128, 22)), "B");
  EXPECT_EQ(table.select(cell_of(128, 23)), "C");  // although 8 is nearer in tokens
  EXPECT_EQ(table.select(cell_of(1, 0)), "A");
  EXPECT_EQ(table.select(cell_of(100'000, 1'000'000)), "B");
}

TEST(DecisionTable, MessageSizeTakesTheTokensWhoseMessageIsNearest) {
  const DecisionTable table = table_of(LookUp::message_size, {small_grid({0, 1, 2, 0, 1, 2})});
  EXPECT_EQ(table.select(cell_of(256, 1)), "A");  // 256 elements are two tokens of 128
  EXPECT_EQ(table.select(cell_of(256, 2)), "B");  // 512: four tokens
  EXPECT_EQ(table.select(cell_of(4096, 1)), "B");
  EXPECT_EQ(table.select(cell_of(4096, 8)), "C");
  EXPECT_EQ(table.select(cell_of(64, 8)), "B");
  EXPECT_EQ(table.select(cell_of(16, 16)), "A");
}

TEST(DecisionTable, NearnessIsExactWhereFloatingPointIsNot) {
  // 94906267^2 = 9007199515875289 is the first of these squares that no double holds.
  constexpr std::int64_t middle = 94'906'267;
  DecisionGrid grid{2, DType::bfloat16, "NONE", {1}, {middle - 1, middle + 1}, {"BELOW", "ABOVE"}, {0, 1}};
  EXPECT_EQ(table_of(LookUp::nearest, {grid}).select(cell_of(1, middle)), "ABOVE");
  grid.num_tokens = {1, middle * middle};
  EXPECT_EQ(table_of(LookUp::nearest, {grid}).select(cell_of(1, middle)), "BELOW");
  grid.num_tokens = {1, middle * middle - 1};
  EXPECT_EQ(table_of(LookUp::nearest, {grid}).select(cell_of(1, middle)), "ABOVE");
}

TEST(DecisionTable, HasAnAnswerForShapesWhoseSizeIsNoNumber) {
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::uint16_t> cells = {0, 1, 2, 2, 0, 1};
  for (const LookUp look_up : {LookUp::nearest, LookUp::message_size}) {
    const DecisionTable table = table_of(look_up, {small_grid(cells)});
    EXPECT_EQ(table.select(cell_of(largest, largest)), "B");
    EXPECT_EQ(table.select(cell_of(-largest, -largest)), "A");
    EXPECT_EQ(table.select(cell_of(0, 0)), "A");
  }
  DecisionTable steps;
  steps.fallback = "FALLBACK";
  steps.steps.push_back({2, DType::bfloat16, "NONE", {{1024, "A"}, {largest, "C"}}});
  EXPECT_EQ(steps.select(cell_of(largest, largest)), "C");
  EXPECT_EQ(steps.select(cell_of(-1, -largest)), "A");
}

TEST(DecisionTable, FloorLog2RoundsDownAndAsksNoOtherCell) {
  const DecisionTable table = table_of(LookUp::floor_log2, {small_grid({0, 1, 2, 2, 0, hole})});
  EXPECT_EQ(table.select(cell_of(255, 15)), "B");
  EXPECT_EQ(table.select(cell_of(1023, 1)), "C");
  EXPECT_EQ(table.select(cell_of(256, 1)), "FALLBACK");
  EXPECT_EQ(table.select(cell_of(512, 64)), "FALLBACK");
  EXPECT_EQ(table.select(cell_of(512, 0)), "FALLBACK");
  EXPECT_EQ(table.select(cell_of(512, -1)), "FALLBACK");
}

TEST(DecisionTable, PassesOverCellsAndRowsWithoutAnAnswer) {
  for (const LookUp look_up : {LookUp::nearest, LookUp::message_size}) {
    const DecisionTable in_row = table_of(look_up, {small_grid({0, 1, 2, hole, 0, hole})});
    EXPECT_EQ(in_row.select(cell_of(512, 64)), "A");
    EXPECT_EQ(in_row.select(cell_of(512, 1)), "A");
    const DecisionTable in_table = table_of(look_up, {small_grid({hole, hole, hole, hole, 1, hole})});
    EXPECT_EQ(in_table.select(cell_of(1, 1)), "B");
    const DecisionTable empty = table_of(look_up, {small_grid({hole, hole, hole, hole, hole, hole})});
    EXPECT_EQ(empty.select(cell_of(128, 1)), "FALLBACK");
    EXPECT_EQ(table_of(look_up, {DecisionGrid{}}).select({0, DType::bfloat16, "", 1, 1}), "FALLBACK");
  }
}

TEST(DecisionTable, AgreesWithASearchOfAllCells) {
  std::mt19937 random(7);
  for (const LookUp look_up : {LookUp::nearest, LookUp::message_size}) {
    DecisionGrid grid{2, DType::bfloat16, "NONE", {96, 128, 700, 8192}, {1, 2, 3, 7, 64, 1000}, {"A", "B", "C"}, {}};
    for (int i = 0; i < 24; ++i) grid.cells.push_back(static_cast<std::uint16_t>(random() % 3));
    const DecisionTable table = table_of(look_up, {grid});
    for (int query = 0; query < 2000; ++query) {
      const Problem problem = cell_of(static_cast<std::int64_t>(random() % 20'000 + 1),
                                      static_cast<std::int64_t>(random() % (query % 2 == 0 ? 10 : 3000) + 1));
      std::size_t row = 0;
      for (std::size_t i = 1; i < grid.hidden_sizes.size(); ++i) {
        const auto distance = [&](std::size_t j) { return log_distance(problem.hidden_size, grid.hidden_sizes[j]); };
        if (distance(i) < distance(row) - 1e-12) row = i;
      }
      const bool by_size = look_up == LookUp::message_size;
      std::size_t column = 0;
      for (std::size_t i = 1; i < grid.num_tokens.size(); ++i) {
        const auto distance = [&](std::size_t j) {
          return by_size ? log_distance(problem.elements(), grid.num_tokens[j] * grid.hidden_sizes[row])
                         : log_distance(problem.num_tokens, grid.num_tokens[j]);
        };
        if (distance(i) < distance(column) - 1e-12) column = i;
      }
      EXPECT_EQ(table.select(problem), grid.strategies[grid.cells[row * 6 + column]]) << to_string(problem);
    }
  }
}

TEST(DecisionTable, AsksTheDtypeNearestInWidth) {
  const std::vector<std::uint16_t> first(6, 0);
  const DecisionTable table = table_of(
      LookUp::nearest, {small_grid(first, DType::float32, 2, "FP32"), small_grid(first, DType::float16, 2, "FP16"),
                        small_grid(first, DType::float32, 4, "TP4")});
  const auto ask = [&](int tp_size, DType dtype) { return table.select({tp_size, dtype, "NONE", 128, 1}); };
  EXPECT_EQ(ask(2, DType::bfloat16), "FP16");
  EXPECT_EQ(ask(2, DType::float16), "FP16");
  EXPECT_EQ(ask(2, DType::float32), "FP32");
  EXPECT_EQ(ask(4, DType::bfloat16), "TP4");
}

TEST(DecisionTable, OfFormatsAsNearInWidthAsksTheNearestInOrder) {
  const auto answer = [](DType first, DType second, DType asked) {
    const std::vector<std::uint16_t> cells(6, 0);
    return table_of(LookUp::nearest, {small_grid(cells, first, 2, "FIRST"), small_grid(cells, second, 2, "SECOND")})
        .select({2, asked, "NONE", 128, 1});
  };
  EXPECT_EQ(answer(DType::bfloat16, DType::float16, DType::float32), "SECOND");
  EXPECT_EQ(answer(DType::float16, DType::bfloat16, DType::float32), "FIRST");
  EXPECT_EQ(answer(DType::bfloat16, DType::float16, DType::float8_e4m3), "SECOND");
  EXPECT_EQ(answer(DType::float16, DType::bfloat16, DType::float8_e4m3), "FIRST");
  // 3 bytes from the one, 2 from the other, although the other is further in order.
  EXPECT_EQ(answer(DType::float8_e4m3, DType::bfloat16, DType::float32), "SECOND");
  EXPECT_EQ(answer(DType::bfloat16, DType::float8_e4m3, DType::float32), "FIRST");
}

TEST(DecisionTable, StepsAreInclusiveAndTheLastOneHasNoEnd) {
  DecisionTable table;
  table.fallback = "FALLBACK";
  table.steps.push_back(
      {2, DType::bfloat16, "NONE", {{1024, "A"}, {4096, "B"}, {std::numeric_limits<std::int64_t>::max(), "C"}}});
  EXPECT_EQ(table.select(cell_of(512, 1)), "A");
  EXPECT_EQ(table.select(cell_of(513, 1)), "B");
  EXPECT_EQ(table.select(cell_of(2048, 1)), "B");
  EXPECT_EQ(table.select(cell_of(2049, 1)), "C");
  EXPECT_EQ(table.select({2, DType::float32, "NONE", 512, 1}), "B");
  EXPECT_EQ(table.select({4, DType::bfloat16, "NONE", 512, 1}), "FALLBACK");
  table.steps.front().steps.pop_back();
  EXPECT_EQ(table.select(cell_of(2049, 1)), "B");
  table.steps.front().steps.clear();
  EXPECT_EQ(table.select(cell_of(512, 1)), "FALLBACK");
}

TEST(DecisionTable, AGridGoesBeforeStepsOfTheSamePair) {
  DecisionTable table = table_of(LookUp::exact, {small_grid(std::vector<std::uint16_t>(6, 0))});
  table.steps.push_back({2, DType::bfloat16, "NONE", {{std::numeric_limits<std::int64_t>::max(), "STEPS"}}});
  table.steps.push_back({4, DType::bfloat16, "NONE", {{std::numeric_limits<std::int64_t>::max(), "STEPS"}}});
  EXPECT_EQ(table.select(cell_of(128, 1)), "A");
  EXPECT_EQ(table.select(cell_of(128, 2)), "FALLBACK");
  EXPECT_EQ(table.select({4, DType::bfloat16, "NONE", 128, 2}), "STEPS");
}

TEST(LookUp, HasTheNamesOfArtefactsAndYaml) {
  EXPECT_EQ(name_of(LookUp::exact), "exact");
  EXPECT_EQ(name_of(LookUp::nearest), "nearest");
  EXPECT_EQ(name_of(LookUp::message_size), "message_size");
  EXPECT_EQ(name_of(LookUp::floor_log2), "floor_log2");
}

}  // namespace arbiter::test
