// SPDX-License-Identifier: Apache-2.0
#include "common/cell_block.hpp"

#include <algorithm>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

using ::testing::ElementsAre;

TEST(CellBlocks, AreOnePerTpFusionAndDtypeInThatOrder) {
  Dataset data;
  data.add(decision_row({4, DType::bfloat16, "NONE", 128, 1}, "A", 1.0));
  data.add(decision_row({2, DType::float32, "NONE", 128, 1}, "A", 1.0));
  data.add(decision_row({2, DType::bfloat16, "NONE", 128, 1}, "A", 1.0));
  data.add(decision_row({2, DType::bfloat16, "A_FUSION", 128, 1}, "A", 1.0));
  std::vector<std::string> keys;
  for (const CellBlock& block : cell_blocks(data, "x")) keys.push_back(to_string(block.key));
  EXPECT_THAT(keys, ElementsAre("tp 2, A_FUSION, bfloat16", "tp 2, NONE, bfloat16", "tp 2, NONE, float32",
                                "tp 4, NONE, bfloat16"));
}

TEST(CellBlocks, HoldTheFastestUsableRowPerStrategyAndLeaveAutoOut) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "AUTO", 0.1));
  data.add(decision_row(cell_of(128, 1), "A", 3.0));
  data.add(decision_row(cell_of(128, 1), "A", 2.0));
  data.add(failed_row(cell_of(128, 1), "C"));
  data.add(decision_row(cell_of(256, 4), "B", 4.0));
  data.add(failed_row(cell_of(256, 4), "A"));
  const std::vector<CellBlock> blocks = cell_blocks(data, "x");
  ASSERT_EQ(blocks.size(), 1U);
  const CellBlock& block = blocks.front();
  EXPECT_THAT(block.strategies, ElementsAre("A", "B"));
  ASSERT_EQ(block.cells(), 4U);
  EXPECT_EQ(block.measured_cells(), 2U);
  EXPECT_THAT(block.best, ElementsAre(&data.rows()[2], nullptr, nullptr, &data.rows()[4]));
  EXPECT_EQ(block.hidden_of(3), 256);
  EXPECT_EQ(block.tokens_of(3), 4);
  EXPECT_EQ(block.excess(0, 0), 0.0);
  EXPECT_TRUE(std::isnan(block.excess(0, 1)));
  EXPECT_TRUE(block.failed[block.at(3, 0)]);
}

TEST(CellBlocks, WithNothingUsableThereIsAnError) {
  Dataset data;
  EXPECT_THROW(static_cast<void>(cell_blocks(data, "x")), DataError);
  data.add(failed_row(cell_of(128, 1), "A"));
  data.add(decision_row(cell_of(128, 1), "AUTO", 1.0));
  try {
    static_cast<void>(cell_blocks(data, "lut"));
    FAIL() << "decided";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "lut: no measurement to decide from: 2 rows, 2 of them failed or AUTO");
  }
}

TEST(CellBlocks, FailuresOfTheFourNeighboursAreNearAndThoseAcrossARowsEndAreNot) {
  // Cells 0 1 2 / 3 4 5 / 6 7 8; B failed in one.
  for (std::size_t failed = 0; failed < 9; ++failed) {
    Dataset data;
    for (std::size_t cell = 0; cell < 9; ++cell) {
      const Problem problem = cell_of(std::int64_t{128} << (cell / 3), std::int64_t{1} << (cell % 3));
      data.add(decision_row(problem, "A", 1.0));
      data.add(cell == failed ? failed_row(problem, "B") : decision_row(problem, "B", 2.0));
    }
    const std::vector<CellBlock> blocks = cell_blocks(data, "x");
    for (std::size_t cell = 0; cell < 9; ++cell) {
      const auto distance = [](std::size_t a, std::size_t b) { return a > b ? a - b : b - a; };
      const bool near = distance(cell / 3, failed / 3) + distance(cell % 3, failed % 3) <= 1;
      EXPECT_EQ(blocks.front().failed_near(cell, 1), near) << cell << ", failed in " << failed;
      EXPECT_FALSE(blocks.front().failed_near(cell, 0));
    }
  }
}

TEST(CellBlocks, TellTheCellsAroundAShape) {
  Dataset data;
  for (const std::int64_t hidden : {128, 512, 1024}) {
    for (const std::int64_t tokens : {1, 4, 8}) data.add(decision_row(cell_of(hidden, tokens), "A", 1.0));
  }
  const std::vector<CellBlock> blocks = cell_blocks(data, "x");
  const auto around = [&](std::int64_t hidden, std::int64_t tokens) {
    std::vector<std::size_t> cells = blocks.front().cells_around(hidden, tokens);
    std::sort(cells.begin(), cells.end());
    cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
    return cells;
  };
  EXPECT_THAT(around(512, 4), ElementsAre(4U));
  EXPECT_THAT(around(600, 4), ElementsAre(4U, 7U));
  EXPECT_THAT(around(512, 5), ElementsAre(4U, 5U));
  EXPECT_THAT(around(200, 2), ElementsAre(0U, 1U, 3U, 4U));
  EXPECT_THAT(around(1, 1), ElementsAre(0U));
  EXPECT_THAT(around(9999, 99), ElementsAre(8U));
}

TEST(CellBlocks, GiveTheProblemAndTheExcessOfACell) {
  Dataset data;
  data.add(decision_row({4, DType::float16, "X", 128, 1}, "A", 2.0));
  data.add(decision_row({4, DType::float16, "X", 128, 8}, "A", 4.0));
  data.add(decision_row({4, DType::float16, "X", 128, 8}, "B", 5.0));
  const std::vector<CellBlock> blocks = cell_blocks(data, "x");
  EXPECT_EQ(blocks.front().problem_of(1), (Problem{4, DType::float16, "X", 128, 8}));
  EXPECT_EQ(blocks.front().excess(1, 0), 0.0);
  EXPECT_EQ(blocks.front().excess(1, 1), 0.25);
}

TEST(CellBlocks, KeepTheFirstOfEquallyFastRows) {
  Dataset data;
  for (const char* strategy : {"A", "A", "B"}) data.add(decision_row(cell_of(128, 1), strategy, 2.0));
  const std::vector<CellBlock> blocks = cell_blocks(data, "x");
  EXPECT_EQ(blocks.front().best.front(), &data.rows()[0]);
  EXPECT_EQ(blocks.front().usable.front(), &data.rows()[0]);
}

TEST(CellBlocks, OfTwoKindsWhoseRowsAlternateHoldAllOfThem) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2, 3}) {
    data.add(decision_row({2, DType::bfloat16, "NONE", 128, tokens}, "A", 1.0));
    data.add(decision_row({2, DType::bfloat16, "X", 128, tokens}, "A", 1.0));
    data.add(decision_row({2, DType::float16, "X", 128, tokens}, "A", 1.0));
    data.add(decision_row({4, DType::float16, "X", 128, tokens}, "A", 1.0));
  }
  const std::vector<CellBlock> blocks = cell_blocks(data, "x");
  ASSERT_EQ(blocks.size(), 4U);
  for (const CellBlock& block : blocks) EXPECT_EQ(block.measured_cells(), 3U) << to_string(block.key);
}

}  // namespace arbiter::test
