// SPDX-License-Identifier: Apache-2.0
#include "lp/byte_thresholds.hpp"

#include <limits>
#include <map>
#include <random>

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

ByteThresholds thresholds_of(const std::vector<CellBlock>& blocks, const std::vector<std::string>& order) {
  std::vector<const CellBlock*> pointers;
  pointers.reserve(blocks.size());
  for (const CellBlock& block : blocks) pointers.push_back(&block);
  return byte_thresholds(pointers, order);
}

Dataset random_times(unsigned seed) {
  std::mt19937 random(seed);
  Dataset data;
  for (const DType dtype : {DType::bfloat16, DType::float32}) {
    for (const std::int64_t hidden : powers_of_two(128, 512)) {
      for (const std::int64_t tokens : powers_of_two(1, 16)) {
        for (const char* name : {"A", "B", "C"}) {
          data.add(decision_row({2, dtype, "NONE", hidden, tokens}, name, 1.0 + static_cast<double>(random() % 1000)));
        }
      }
    }
  }
  return data;
}

DecisionTable table_of(const Dataset& data, const std::vector<std::string>& order) {
  const std::vector<CellBlock> blocks = cell_blocks(data, "lp");
  std::vector<const CellBlock*> pointers;
  pointers.reserve(blocks.size());
  for (const CellBlock& block : blocks) pointers.push_back(&block);
  DecisionTable table{LookUp::message_size, {}, {}, "MPI"};
  add_to(table, thresholds_of(blocks, order), pointers);
  return table;
}

}  // namespace

TEST(ByteThresholds, AreTheBestOfAllThresholdsOnRandomTimes) {
  const std::vector<std::string> order = {"A", "B", "C"};
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Dataset data = random_times(seed);
    std::map<std::int64_t, std::array<double, 3>> cost;
    for (const auto& [problem, cell] : data.cells()) {
      for (std::size_t k = 0; k < 3; ++k) {
        cost[problem.message_bytes()][k] += row_of(cell, order[k])->time_us / best_of(cell)->time_us;
      }
    }
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t first = 0; first <= cost.size(); ++first) {
      for (std::size_t second = first; second <= cost.size(); ++second) {
        double sum = 0.0;
        std::size_t i = 0;
        for (const auto& [bytes, of_size] : cost) {
          sum += of_size[i < first ? 0 : i < second ? 1 : 2];
          ++i;
        }
        least = std::min(least, sum);
      }
    }
    const auto blocks = cell_blocks(data, "lp");
    EXPECT_EQ(blocks.size(), 2U);
    EXPECT_NEAR(thresholds_of(blocks, order).solution.objective, least, 1e-6);
  }
}

TEST(ByteThresholds, SayTheLastMeasuredSizeOfEachStrategy) {
  Dataset data;
  const auto add = [&](std::int64_t tokens, double a, double b) {
    data.add(decision_row(cell_of(512, tokens), "A", a));
    data.add(decision_row(cell_of(512, tokens), "B", b));
  };
  add(1, 1, 2);
  add(3, 1, 2);
  add(1024, 2, 1);
  add(4096, 2, 1);
  const auto blocks = cell_blocks(data, "lp");
  EXPECT_EQ(thresholds_of(blocks, {"A", "B"}).text(), "A to 3 KiB, B above");
  EXPECT_EQ(thresholds_of(blocks, {"B", "A"}).text(), "B for all sizes");
}

TEST(ByteThresholds, StateTheirExcessOverTheBest) {
  Dataset data;
  data.add(decision_row(cell_of(512, 2), "A", 1.0));
  data.add(decision_row(cell_of(512, 2), "B", 3.0));
  data.add(decision_row(cell_of(256, 4), "A", 1.5));
  data.add(decision_row(cell_of(256, 4), "B", 1.0));
  const auto blocks = cell_blocks(data, "lp");
  const ByteThresholds thresholds = thresholds_of(blocks, {"A", "B"});
  EXPECT_EQ(thresholds.excess.text(), "mean 25.00 %, worst 50.00 % above the best of 2 cells");
}

TEST(ByteThresholds, AsStepsHaveTheirBordersHalfwayInLogarithms) {
  Dataset data;
  data.add(decision_row(cell_of(512, 1), "A", 1.0));
  data.add(decision_row(cell_of(512, 1), "B", 2.0));
  data.add(decision_row(cell_of(512, 64), "A", 2.0));
  data.add(decision_row(cell_of(512, 64), "B", 1.0));
  const DecisionTable table = table_of(data, {"A", "B"});
  EXPECT_TRUE(table.grids.empty());
  EXPECT_EQ(table.select(cell_of(512, 8)), "A");
  EXPECT_EQ(table.select(cell_of(512, 9)), "B");
  EXPECT_EQ(table.select(cell_of(64, 64)), "A");
  EXPECT_EQ(table.select({2, DType::float32, "NONE", 512, 4}), "A");
  EXPECT_EQ(table.select({2, DType::float32, "NONE", 512, 5}), "B");
  EXPECT_EQ(table.select({4, DType::bfloat16, "NONE", 512, 8}), "MPI");
  EXPECT_EQ(table.select({2, DType::bfloat16, "OTHER", 512, 8}), "MPI");
}

TEST(ByteThresholds, AsATableNeverChooseWhatWasNotMeasuredInACell) {
  Dataset data;
  data.add(decision_row(cell_of(512, 2), "A", 1.0));
  data.add(failed_row(cell_of(512, 2), "B"));
  data.add(failed_row(cell_of(256, 4), "A"));
  data.add(decision_row(cell_of(256, 4), "B", 1.0));
  const auto blocks = cell_blocks(data, "lp");
  const ByteThresholds thresholds = thresholds_of(blocks, {"A", "B"});
  EXPECT_EQ(thresholds.exceptions.size(), 1U);
  EXPECT_EQ(thresholds.excess.cells(), 1U);
  EXPECT_EQ(thresholds.excess.unmeasured(), 1U);
  const DecisionTable table = table_of(data, {"A", "B"});
  EXPECT_TRUE(table.steps.empty());
  EXPECT_EQ(table.select(cell_of(512, 2)), "A");
  EXPECT_EQ(table.select(cell_of(256, 4)), "B");
}

TEST(ByteThresholds, SaySizesInTheLargestUnitThatIsWhole) {
  const auto text_of = [](std::int64_t hidden, std::int64_t tokens) {
    Dataset data;
    data.add(decision_row(cell_of(hidden, tokens), "A", 1.0));
    data.add(decision_row(cell_of(hidden, tokens), "B", 2.0));
    data.add(decision_row(cell_of(8192, 8192), "A", 2.0));
    data.add(decision_row(cell_of(8192, 8192), "B", 1.0));
    return thresholds_of(cell_blocks(data, "lp"), {"A", "B"}).text();
  };
  EXPECT_EQ(text_of(511, 1), "A to 1022 B, B above");
  EXPECT_EQ(text_of(512, 1), "A to 1 KiB, B above");
  EXPECT_EQ(text_of(513, 1), "A to 1026 B, B above");
  EXPECT_EQ(text_of(512, 1023), "A to 1023 KiB, B above");
  EXPECT_EQ(text_of(512, 1024), "A to 1 MiB, B above");
  EXPECT_EQ(text_of(512, 1536), "A to 1.5 MiB, B above");
  EXPECT_EQ(text_of(512, 2048), "A to 2 MiB, B above");
}

TEST(ByteThresholds, AsStepsGiveASizeToTheNearerOne) {
  // The border of 1024 and 3072 bytes is at 1773.6.
  Dataset data;
  data.add(decision_row(cell_of(512, 1), "A", 1.0));
  data.add(decision_row(cell_of(512, 1), "B", 2.0));
  data.add(decision_row(cell_of(512, 3), "A", 2.0));
  data.add(decision_row(cell_of(512, 3), "B", 1.0));
  const DecisionTable table = table_of(data, {"A", "B"});
  EXPECT_EQ(table.select(cell_of(886, 1)), "A");  // 1772 bytes
  EXPECT_EQ(table.select(cell_of(887, 1)), "B");  // 1774
}

TEST(ByteThresholds, ChooseNothingThatWasNeverMeasured) {
  Dataset data;
  data.add(decision_row(cell_of(512, 1), "A", 1.0));
  const auto blocks = cell_blocks(data, "lp");
  EXPECT_EQ(thresholds_of(blocks, {"A", "B"}).text(), "A for all sizes");
  EXPECT_EQ(thresholds_of(blocks, {"B", "A"}).text(), "A for all sizes");
  EXPECT_TRUE(thresholds_of(blocks, {"B", "A"}).exceptions.empty());
}

}  // namespace arbiter::test
