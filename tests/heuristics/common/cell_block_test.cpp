// SPDX-License-Identifier: Apache-2.0
#include "common/cell_block.hpp"

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

}  // namespace arbiter::test
