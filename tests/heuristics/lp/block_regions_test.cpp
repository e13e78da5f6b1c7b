#include "lp/block_regions.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

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

BlockRegions regions_of(const Dataset& data, const MonotoneRule& rule) {
  return block_regions(cell_blocks(data, "lp").front(), {"A", "B"}, rule);
}

}  // namespace

TEST(BlockRegions, StayMonotoneWhileThatCostsNoCellMuch) {
  const BlockRegions regions = regions_of(island(0.04), {});
  EXPECT_TRUE(regions.monotone);
  EXPECT_NEAR(regions.labels.excess.worst(), 0.04, 1e-12);
}

TEST(BlockRegions, AreFreeWhereTheDataSaySoAndSayWhy) {
  const BlockRegions regions = regions_of(island(0.12), {});
  EXPECT_FALSE(regions.monotone);
  EXPECT_EQ(regions.labels.excess.worst(), 0.0);
  EXPECT_THAT(regions.why_not, HasSubstr("worst 12.00 %; the worst is over 5.0 % beyond noise"));
}

TEST(BlockRegions, NoiseIsNoReasonToBeFree) {
  EXPECT_TRUE(regions_of(island(0.12, 0.05), {}).monotone);
  EXPECT_FALSE(regions_of(island(0.12, 0.01), {}).monotone);
}

TEST(BlockRegions, AreMonotoneOrNotAsTold) {
  EXPECT_TRUE(regions_of(island(0.5), {Monotone::always, 0.05}).monotone);
  EXPECT_EQ(regions_of(island(0.5), {Monotone::always, 0.05}).labels.excess.worst(), 0.5);
  EXPECT_FALSE(regions_of(island(0.04), {Monotone::never, 0.05}).monotone);
  EXPECT_EQ(regions_of(island(0.04), {Monotone::never, 0.05}).labels.excess.worst(), 0.0);
}

TEST(BlockRegions, AreFreeWhereMonotoneOnesHaveNoTime) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "B", 1.0));
  data.add(decision_row(cell_of(128, 2), "A", 1.0));
  const BlockRegions regions = regions_of(data, {});
  EXPECT_FALSE(regions.monotone);
  EXPECT_EQ(regions.labels.exceptions, 0U);
  EXPECT_EQ(regions.why_not, "monotone ones have no time in 1 cells");
}

}  // namespace arbiter::test
