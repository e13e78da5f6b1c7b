// SPDX-License-Identifier: Apache-2.0
#include "lut/tie_sets.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;

Measurement with_interval(Measurement row, double low, double high) {
  row.ci_low_us = low;
  row.ci_high_us = high;
  return row;
}

std::vector<bool> sets_of(const Dataset& data, double tie_percent) {
  return tie_sets(cell_blocks(data, "lut").front(), tie_percent);
}

}  // namespace

TEST(TieSets, HoldStrategiesWithinThePercentage) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 100.0));
  data.add(decision_row(cell_of(128, 1), "B", 102.0));
  data.add(decision_row(cell_of(128, 1), "C", 102.1));
  EXPECT_THAT(sets_of(data, 2.0), ElementsAre(true, true, false));
  EXPECT_THAT(sets_of(data, 0.0), ElementsAre(true, false, false));
}

TEST(TieSets, HoldStrategiesWhoseMediansLieInEachOthersIntervals) {
  Dataset data;
  data.add(with_interval(decision_row(cell_of(128, 1), "A", 100.0), 90.0, 120.0));
  data.add(with_interval(decision_row(cell_of(128, 1), "B", 115.0), 99.0, 140.0));
  data.add(with_interval(decision_row(cell_of(128, 1), "C", 115.0), 101.0, 140.0));
  data.add(decision_row(cell_of(128, 1), "D", 110.0));
  EXPECT_THAT(sets_of(data, 2.0), ElementsAre(true, true, false, false));
}

TEST(TieSets, DoNotHoldAStrategyThatIsSlowerBecauseItIsNoisy) {
  Dataset data;
  data.add(with_interval(decision_row(cell_of(128, 1), "A", 100.0), 95.0, 105.0));
  data.add(with_interval(decision_row(cell_of(128, 1), "B", 500.0), 90.0, 900.0));
  EXPECT_THAT(sets_of(data, 2.0), ElementsAre(true, false));
}

TEST(TieSets, LeaveOutWhatFailedHereOrNextDoorWhileAnotherTies) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2, 4}) {
    data.add(decision_row(cell_of(128, tokens), "A", 100.0));
    data.add(decision_row(cell_of(128, tokens), "B", 101.0));
  }
  data.add(failed_row(cell_of(128, 1), "A"));
  EXPECT_THAT(sets_of(data, 2.0), ElementsAre(false, true, false, true, true, true));
}

TEST(TieSets, LeaveOutWhatFailedNextDoorHoweverFastItIs) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 100.0));
  data.add(decision_row(cell_of(128, 1), "B", 150.0));
  data.add(decision_row(cell_of(128, 1), "C", 151.0));
  data.add(failed_row(cell_of(128, 2), "A"));
  data.add(decision_row(cell_of(128, 2), "B", 150.0));
  EXPECT_THAT(sets_of(data, 2.0), ElementsAre(false, true, true, false, true, false));
}

TEST(TieSets, KeepAFailingStrategyWhereNothingElseHasATime) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 100.0));
  data.add(failed_row(cell_of(128, 2), "A"));
  data.add(decision_row(cell_of(128, 2), "B", 150.0));
  EXPECT_THAT(sets_of(data, 2.0), ElementsAre(true, false, false, true));
}

TEST(TieSets, AreEmptyForCellsWithoutData) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 100.0));
  data.add(decision_row(cell_of(256, 2), "A", 100.0));
  EXPECT_THAT(sets_of(data, 2.0), ElementsAre(true, false, false, true));
}

}  // namespace arbiter::test
