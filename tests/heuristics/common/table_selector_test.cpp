// SPDX-License-Identifier: Apache-2.0
#include "common/table_selector.hpp"

#include <gtest/gtest.h>

#include "common/cell_block.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

constexpr std::uint16_t hole = DecisionGrid::no_answer;

DecisionGrid grid_of(std::vector<std::uint16_t> cells) {
  return {2, DType::bfloat16, "NONE", {128, 512}, {1, 8, 64}, {"A", "B"}, std::move(cells)};
}

}  // namespace

TEST(GridRegions, ArePatchesOfNeighboursAlongTheAxes) {
  EXPECT_EQ(regions(grid_of({0, 0, 0, 0, 0, 0})), 1U);
  EXPECT_EQ(regions(grid_of({0, 1, 0, 0, 1, 0})), 3U);
  EXPECT_EQ(regions(grid_of({0, 1, 0, 1, 0, 1})), 6U);
  EXPECT_EQ(regions(grid_of({0, hole, 0, hole, hole, hole})), 2U);
  EXPECT_EQ(answered_cells(grid_of({0, hole, 0, hole, hole, hole})), 2U);
}

TEST(GridRegions, AGridWithoutAnswersHasTheBlocksAxesAndStrategies) {
  Dataset data;
  data.add(decision_row(cell_of(256, 4), "A", 1.0));
  data.add(decision_row(cell_of(128, 1), "B", 1.0));
  const std::vector<CellBlock> blocks = cell_blocks(data, "x");
  const DecisionGrid grid = grid_without_answers(blocks.front());
  EXPECT_EQ(grid.hidden_sizes, (std::vector<std::int64_t>{128, 256}));
  EXPECT_EQ(grid.num_tokens, (std::vector<std::int64_t>{1, 4}));
  EXPECT_EQ(grid.strategies, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(answered_cells(grid), 0U);
  EXPECT_EQ(grid.cells.size(), 4U);
}

}  // namespace arbiter::test
