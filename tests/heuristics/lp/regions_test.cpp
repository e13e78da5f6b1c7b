// SPDX-License-Identifier: Apache-2.0
#include "lp/regions.hpp"

#include <random>

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint16_t hole = DecisionGrid::no_answer;

RegionLabels regions_of(const Dataset& data, const std::vector<std::string>& order) {
  return region_labels(cell_blocks(data, "lp").front(), order, MonotoneIn::tokens_and_hidden);
}

/// B is best in the middle of a row, where A takes `excess` more.
Dataset island(double excess, double interval = 0.0) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2, 4}) {
    for (const bool a : {true, false}) {
      const bool best = a != (tokens == 2);
      const double time = best ? 100.0 : a ? 100.0 * (1.0 + excess) : 200.0;
      Measurement row = decision_row(cell_of(128, tokens), a ? "A" : "B", time);
      row.ci_low_us = time * (1.0 - interval);
      row.ci_high_us = time * (1.0 + interval);
      data.add(row);
    }
  }
  return data;
}

BlockRegions block_regions_of(const Dataset& data, const MonotoneRule& rule) {
  return block_regions(cell_blocks(data, "lp").front(), {"A", "B"}, rule);
}

}  // namespace

TEST(MonotoneRegions, AreThePlainTableWhereThatIsMonotone) {
  Dataset data;
  for (const std::int64_t hidden : {128, 256}) {
    for (const std::int64_t tokens : {1, 2, 4}) {
      const bool large = hidden * tokens > 300;
      data.add(decision_row(cell_of(hidden, tokens), "A", large ? 20.0 : 10.0));
      data.add(decision_row(cell_of(hidden, tokens), "B", large ? 10.0 : 20.0));
    }
  }
  const RegionLabels regions = regions_of(data, {"A", "B"});
  EXPECT_THAT(regions.grid.cells, ElementsAre(0, 0, 1, 0, 1, 1));
  EXPECT_NEAR(regions.solution.objective, 6.0, 1e-12);
  EXPECT_EQ(regions.exceptions, 0U);
}

TEST(MonotoneRegions, CompareCellsAcrossAHole) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 20.0));
  data.add(decision_row(cell_of(128, 1), "B", 10.0));
  data.add(decision_row(cell_of(256, 2), "A", 10.0));
  data.add(decision_row(cell_of(256, 2), "B", 11.0));
  EXPECT_THAT(regions_of(data, {"A", "B"}).grid.cells, ElementsAre(1, hole, hole, 1));
}

TEST(MonotoneRegions, NeverChooseWhatWasNotMeasuredWhileAnotherMonotoneChoiceExists) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 1.0));
  data.add(decision_row(cell_of(128, 1), "B", 50.0));
  data.add(decision_row(cell_of(128, 2), "A", 1.0));
  data.add(decision_row(cell_of(128, 2), "C", 90.0));
  data.add(decision_row(cell_of(128, 4), "A", 1.0));
  data.add(failed_row(cell_of(128, 8), "A"));
  data.add(decision_row(cell_of(128, 8), "B", 1.0));
  const RegionLabels regions = regions_of(data, {"A", "B", "C"});
  EXPECT_THAT(regions.grid.cells, ElementsAre(0, 0, 0, 1));
  EXPECT_EQ(regions.exceptions, 0U);
}

TEST(MonotoneRegions, WithoutAnyMonotoneChoiceCellsKeepTheirOwnBestAndAreCounted) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "B", 1.0));
  data.add(decision_row(cell_of(128, 2), "A", 1.0));
  const RegionLabels regions = regions_of(data, {"A", "B"});
  EXPECT_THAT(regions.grid.cells, ElementsAre(1, 0));
  EXPECT_EQ(regions.exceptions, 1U);
}

TEST(MonotoneRegions, LeaveOutStrategiesThatTheOrderDoesNotName) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 10.0));
  data.add(decision_row(cell_of(128, 1), "OTHER", 1.0));
  data.add(decision_row(cell_of(128, 2), "OTHER", 1.0));
  const RegionLabels regions = regions_of(data, {"A", "B"});
  EXPECT_THAT(regions.grid.cells, ElementsAre(0, hole));
  EXPECT_EQ(regions.cells, 1U);
  EXPECT_NEAR(regions.solution.objective, 10.0, 1e-12);
  EXPECT_NEAR(regions.excess.worst(), 9.0, 1e-12);
}

TEST(MonotoneRegions, InTokensAloneLetHiddenSizesBeApart) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2}) {
    data.add(decision_row(cell_of(128, tokens), "A", 2.0));
    data.add(decision_row(cell_of(128, tokens), "B", 1.0));
    data.add(decision_row(cell_of(256, tokens), "A", tokens == 1 ? 1.0 : 1.1));
    data.add(decision_row(cell_of(256, tokens), "B", tokens == 1 ? 1.1 : 1.0));
  }
  const CellBlock block = cell_blocks(data, "lp").front();
  EXPECT_THAT(region_labels(block, {"A", "B"}, MonotoneIn::tokens).grid.cells, ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(region_labels(block, {"A", "B"}, MonotoneIn::tokens_and_hidden).grid.cells, ElementsAre(1, 1, 1, 1));
}

TEST(MonotoneRegions, FallWhereTheTimeSavedIsWorthThePrice) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2, 4}) {
    data.add(decision_row(cell_of(128, tokens), "A", tokens == 2 ? 1.3 : 1.0));
    data.add(decision_row(cell_of(128, tokens), "B", tokens == 2 ? 1.0 : 1.3));
  }
  const CellBlock block = cell_blocks(data, "lp").front();
  const auto cells = [&](double price) {
    return region_labels(block, {"A", "B"}, MonotoneIn::tokens_and_hidden, price).grid.cells;
  };
  EXPECT_THAT(cells(0.29), ElementsAre(0, 1, 0));
  EXPECT_THAT(cells(0.31), ::testing::AnyOf(ElementsAre(0, 0, 0), ElementsAre(0, 1, 1)));
}

TEST(MonotoneRegions, NeverFallAlongEitherAxisOnRandomTimesWithHoles) {
  std::mt19937 random(8);
  for (int round = 0; round < 20; ++round) {
    Dataset data;
    for (const std::int64_t hidden : powers_of_two(128, 1024)) {
      for (const std::int64_t tokens : powers_of_two(1, 32)) {
        if (random() % 5 == 0) continue;
        for (const char* name : {"A", "B", "C"}) {
          data.add(decision_row(cell_of(hidden, tokens), name, 1.0 + static_cast<double>(random() % 100)));
        }
      }
    }
    const DecisionGrid grid = regions_of(data, {"A", "B", "C"}).grid;
    const std::size_t width = grid.num_tokens.size();
    for (std::size_t a = 0; a < grid.cells.size(); ++a) {
      for (std::size_t b = a; b < grid.cells.size(); ++b) {
        if (grid.cells[a] == hole || grid.cells[b] == hole || a % width > b % width) continue;
        EXPECT_LE(grid.cells[a], grid.cells[b]);
      }
    }
  }
}

TEST(BlockRegions, StayMonotoneWhileThatCostsNoCellMuch) {
  const BlockRegions regions = block_regions_of(island(0.04), {});
  EXPECT_TRUE(regions.monotone);
  EXPECT_NEAR(regions.labels.excess.worst(), 0.04, 1e-12);
}

TEST(BlockRegions, AreFreeWhereTheDataSaySoAndSayWhy) {
  const BlockRegions regions = block_regions_of(island(0.12), {});
  EXPECT_FALSE(regions.monotone);
  EXPECT_EQ(regions.labels.excess.worst(), 0.0);
  EXPECT_THAT(regions.why_not, HasSubstr("worst 12.00 %; the worst exceeds 5.0 % beyond noise"));
}

TEST(BlockRegions, NoiseIsNoReasonToBeFree) {
  EXPECT_TRUE(block_regions_of(island(0.12, 0.05), {}).monotone);
  EXPECT_FALSE(block_regions_of(island(0.12, 0.01), {}).monotone);
}

TEST(BlockRegions, AreMonotoneOrNotAsTold) {
  EXPECT_TRUE(block_regions_of(island(0.5), {Monotone::always, 0.05}).monotone);
  EXPECT_EQ(block_regions_of(island(0.5), {Monotone::always, 0.05}).labels.excess.worst(), 0.5);
  EXPECT_FALSE(block_regions_of(island(0.04), {Monotone::never, 0.05}).monotone);
  EXPECT_EQ(block_regions_of(island(0.04), {Monotone::never, 0.05}).labels.excess.worst(), 0.0);
}

TEST(BlockRegions, AreFreeWhereMonotoneOnesHaveNoTime) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "B", 1.0));
  data.add(decision_row(cell_of(128, 2), "A", 1.0));
  const BlockRegions regions = block_regions_of(data, {});
  EXPECT_FALSE(regions.monotone);
  EXPECT_EQ(regions.labels.exceptions, 0U);
  EXPECT_EQ(regions.why_not, "monotone regions have no time in 1 cells");
}

TEST(TokenCutoffs, AreTheLastMeasuredTokensOfEachStrategyAndHiddenSize) {
  Dataset data;
  for (const std::int64_t hidden : {128, 256, 512}) {
    for (const std::int64_t tokens : {1, 8, 64}) {
      const bool large = hidden == 512 && tokens >= 8;
      data.add(decision_row(cell_of(hidden, tokens), "A", large ? 2.0 : 1.0));
      data.add(decision_row(cell_of(hidden, tokens), "B", large ? 1.0 : 2.0));
    }
  }
  const RegionLabels cutoffs = token_cutoffs(cell_blocks(data, "lp").front(), {"A", "B"});
  EXPECT_EQ(token_cutoffs_text(cutoffs.grid), "128 .. 256: A; 512: A to 1, B");
  EXPECT_EQ(cutoffs.excess.worst(), 0.0);
}

TEST(TokenCutoffs, StateWhatTheyCostWhereTheBestIsNoThreshold) {
  Dataset data;
  for (const std::int64_t tokens : {1, 8, 64}) {
    data.add(decision_row(cell_of(128, tokens), "A", tokens == 8 ? 1.2 : 1.0));
    data.add(decision_row(cell_of(128, tokens), "B", tokens == 8 ? 1.0 : 1.5));
  }
  const RegionLabels cutoffs = token_cutoffs(cell_blocks(data, "lp").front(), {"A", "B"});
  EXPECT_EQ(token_cutoffs_text(cutoffs.grid), "128: A");
  EXPECT_NEAR(cutoffs.excess.worst(), 0.2, 1e-12);
}

TEST(TokenCutoffs, PassOverWhatHasNoAnswer) {
  constexpr std::uint16_t none = DecisionGrid::no_answer;
  const DecisionGrid grid{2,
                          DType::bfloat16,
                          "NONE",
                          {128, 256, 512, 1024},
                          {1, 8, 64},
                          {"A", "B"},
                          {0, none, 1, none, none, none, none, 1, none, none, 1, 1}};
  EXPECT_EQ(token_cutoffs_text(grid), "128: A to 1, B; 512 .. 1024: B");
}

}  // namespace arbiter::test
