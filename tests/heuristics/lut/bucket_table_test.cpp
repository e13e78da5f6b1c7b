// SPDX-License-Identifier: Apache-2.0
#include "lut/bucket_table.hpp"

#include <gmock/gmock.h>

#include "lut/lut.hpp"
#include "lut/stable_table.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

BucketBlock buckets_of(const Dataset& data, double tie_percent = 0.0) {
  return bucket_block(StableFit(data, tie_percent).choices().front());
}

/// One hidden size; A is constant, B gets cheaper as tokens^-1.
Dataset falling(double time_of_a) {
  Dataset data;
  for (const std::int64_t tokens : {256, 512, 1024}) {
    data.add(decision_row(cell_of(1024, tokens), "A", time_of_a));
    data.add(decision_row(cell_of(1024, tokens), "B", 25'600.0 / static_cast<double>(tokens)));
  }
  return data;
}

}  // namespace

TEST(BucketTable, AnswersForTheWholeBucketAndNotForItsCorner) {
  // At 256 tokens B takes 100, at 512 it takes 50: A is best at the corner alone.
  const BucketBlock buckets = buckets_of(falling(95.0));
  EXPECT_THAT(buckets.grid.num_tokens, ElementsAre(256, 512, 1024));
  EXPECT_EQ(buckets.grid.strategies.at(buckets.grid.cells.at(0)), "B");
  EXPECT_GE(buckets.moved, 1U);
}

TEST(BucketTable, KeepsTheCornersChoiceWhereItIsBestForMost) {
  const BucketBlock buckets = buckets_of(falling(55.0));
  EXPECT_EQ(buckets.grid.strategies.at(buckets.grid.cells.at(0)), "A");
  EXPECT_EQ(buckets.grid.strategies.at(buckets.grid.cells.at(1)), "B");
  EXPECT_EQ(buckets.moved, 0U);
}

TEST(BucketTable, ComparesTimesByTheirRatioToTheBest) {
  // B loses 10 % three times and wins 5 % once, which in microseconds is the most.
  Dataset data;
  const auto add = [&](std::int64_t tokens, double a, double b) {
    data.add(decision_row(cell_of(1024, tokens), "A", a));
    data.add(decision_row(cell_of(1024, tokens), "B", b));
  };
  add(4, 10.0, 11.0);
  add(5, 10.0, 11.0);
  add(6, 10.0, 11.0);
  add(7, 1000.0, 950.0);
  const BucketBlock buckets = buckets_of(data);
  EXPECT_THAT(buckets.grid.num_tokens, ElementsAre(4));
  EXPECT_EQ(buckets.grid.strategies.at(buckets.grid.cells.at(0)), "A");
  EXPECT_EQ(buckets.moved, 0U);
}

TEST(BucketTable, StatesTheMeanExcessOfItsChoices) {
  // B answers everywhere. Of twelve numbers of tokens A is better at 256, by 100 / 80, and at 304, by 84 / 80.
  const BucketBlock buckets = buckets_of(falling(80.0));
  EXPECT_NEAR(buckets.mean_excess, (0.25 + 0.05) / 12.0, 0.015);  // three cells only: an estimate
  EXPECT_GT(buckets.mean_excess, 0.005);
  EXPECT_EQ(buckets.shapes, 48U);  // of four hidden sizes between 1024 and 2048 each
  EXPECT_EQ(buckets.moved, 1U);
}

TEST(BucketTable, CountsMeasuredCellsInsideOfABucket) {
  Dataset data;
  data.add(decision_row(cell_of(2880, 5), "A", 1.0));
  data.add(decision_row(cell_of(2880, 5), "B", 2.0));
  const BucketBlock buckets = buckets_of(data);
  EXPECT_THAT(buckets.grid.hidden_sizes, ElementsAre(2048));
  EXPECT_THAT(buckets.grid.num_tokens, ElementsAre(4));
  EXPECT_THAT(buckets.grid.cells, ElementsAre(0));
  EXPECT_GT(buckets.shapes, 1U);
}

TEST(BucketTable, HasEveryPowerOfTwoBetweenTheMeasuredSizes) {
  Dataset data;
  for (const std::int64_t tokens : {1, 16}) data.add(decision_row(cell_of(128, tokens), "A", 1.0));
  EXPECT_THAT(buckets_of(data).grid.num_tokens, ElementsAre(1, 2, 4, 8, 16));
  EXPECT_THAT(buckets_of(data).grid.cells, ElementsAre(0, 0, 0, 0, 0));
}

TEST(BucketTable, AvoidsWhatFailedAroundTheBucket) {
  Dataset data = falling(95.0);
  data.add(failed_row(cell_of(1024, 512), "B"));
  const BucketBlock buckets = buckets_of(data);
  EXPECT_EQ(buckets.grid.strategies.at(buckets.grid.cells.at(0)), "A");
  EXPECT_EQ(buckets.grid.strategies.at(buckets.grid.cells.at(1)), "A");
}

TEST(BucketTable, DoesNotChooseWhatHasNoTimeInAPartOfTheBucket) {
  Dataset data;
  for (const std::int64_t tokens : {2, 4}) data.add(decision_row(cell_of(128, tokens), "A", 10.0));
  data.add(decision_row(cell_of(128, 2), "B", 1.0));
  const BucketBlock buckets = buckets_of(data);
  EXPECT_EQ(buckets.grid.strategies.at(buckets.grid.cells.at(0)), "A");  // B is not known at 3 tokens
}

TEST(BucketTable, IsTheOneOfFloorLog2AndTheReportSaysHow) {
  const auto selector = fit_lut(falling(95.0), {LutOptions::Mode::stable, 0.0, "NCCL", LookUp::floor_log2});
  EXPECT_EQ(selector->select(cell_of(1500, 300)), "B");
  EXPECT_EQ(selector->select(cell_of(1024, 256)), "B");
  EXPECT_EQ(selector->select(cell_of(1024, 255)), "NCCL");
  EXPECT_THAT(selector->report(), HasSubstr("look-up: floor_log2: each bucket, up to the next powers of two"));
  EXPECT_THAT(selector->report(), HasSubstr("3 buckets, "));
}

}  // namespace arbiter::test
