// SPDX-License-Identifier: Apache-2.0
#include "common/engine_cells.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

const std::vector<EnginePath> paths = {{"fast", {"A", "B"}}, {"slow", {"C"}}, {"never", {"D"}}};

bool not_never(const Problem&, const std::string& path) { return path != "never"; }

Dataset two_cells() {
  Dataset data;
  for (const auto& [strategy, time] : {std::pair{"A", 4.0}, {"B", 2.0}, {"C", 3.0}, {"D", 1.5}, {"OWN", 1.0}}) {
    data.add(decision_row(cell_of(128, 1), strategy, time));
  }
  data.add(decision_row(cell_of(128, 2), "C", 5.0));
  data.add(decision_row(cell_of(128, 4), "D", 1.0));  // nothing that can be chosen
  return data;
}

EngineRule always(const std::string& path) {
  return [path](const Problem&) { return path; };
}

}  // namespace

TEST(EngineCells, KnowTheBestOfTheTableAndTheBestOfAll) {
  const auto cells = engine_cells(two_cells(), paths, not_never);
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].time_of("fast"), 2.0);
  EXPECT_EQ(cells[0].time_of("never"), 1.5);
  EXPECT_EQ(cells[0].best, 2.0);
  EXPECT_EQ(cells[0].best_of_all, 1.0);
  EXPECT_EQ(cells[0].winner, "OWN");
  EXPECT_TRUE(std::isnan(cells[1].time_of("fast")));
  EXPECT_EQ(cells[1].best_of_all, 5.0);
}

TEST(EngineCells, ScoreARuleAgainstBoth) {
  const auto cells = engine_cells(two_cells(), paths, not_never);
  const RuleScore slow = score_of(cells, always("slow"));
  EXPECT_EQ(slow.cells, 2);
  EXPECT_DOUBLE_EQ(slow.mean, 0.25);
  EXPECT_DOUBLE_EQ(slow.worst, 0.5);
  EXPECT_DOUBLE_EQ(slow.mean_of_all, 1.0);
  EXPECT_DOUBLE_EQ(slow.worst_of_all, 2.0);
  EXPECT_EQ(score_of(cells, always("fast")).unmeasured, 1);
}

TEST(EngineCells, CompareRulesWhereBothHaveTimes) {
  const auto cells = engine_cells(two_cells(), paths, not_never);
  const Comparison comparison = compare_rules(cells, always("slow"), always("fast"));
  EXPECT_EQ(comparison.left_out, 1);
  EXPECT_EQ(to_string(comparison),
            "shipped 50.00 (50.00), here 0.00 (0.00) over the best path of the table; shipped 200.00 (200.00), here "
            "100.00 (100.00) over the fastest strategy; 1 cells, 1 more without a time for a chosen path");
}

TEST(EngineCells, KeepWhatShipsUnlessMoreThanNoiseIsGained) {
  const auto of = [](double shipped, double worst, double fitted, double fitted_worst) {
    Comparison comparison;
    comparison.shipped = {.cells = 1, .mean = shipped, .worst = worst};
    comparison.written = {.cells = 1, .mean = fitted, .worst = fitted_worst};
    return keeps_shipped(comparison);
  };
  EXPECT_TRUE(of(0.010, 0.10, 0.001, 0.05));
  EXPECT_FALSE(of(0.012, 0.10, 0.001, 0.05));
  EXPECT_FALSE(of(0.010, 0.16, 0.001, 0.05)) << "a cell is much slower";
  EXPECT_TRUE(of(0.010, 0.90, 0.011, 0.05)) << "the mean never gets worse";
}

TEST(EngineCells, JudgeATableOnCellsThatWereHeldOut) {
  const auto cells = engine_cells(two_cells(), paths, not_never);
  const std::string text =
      "held out (hidden 128, 1 cells, 1 more without a time for a chosen path): shipped 50.00 (50.0), here 0.00 (0.0), "
      "the best values for them 0.00 (0.0)";
  EXPECT_EQ(held_out_text(cells, always("slow"), always("fast"), always("fast")), text);
  EXPECT_EQ(held_out_text(cells, always("slow"), always("fast"), always("slow")), text) << "the best of the three";
  EXPECT_EQ(held_out_text(cells, always("slow"), always("slow"), always("slow")),
            "held out (hidden 128, 2 cells): shipped 25.00 (50.0), here 25.00 (50.0), the best values for them 25.00 "
            "(50.0)");
}

TEST(EngineCells, JudgeNothingWhereNothingWasHeldOut) {
  EXPECT_EQ(held_out_text({}, always("slow"), always("slow"), always("slow")), std::nullopt);
  const auto cells = engine_cells(two_cells(), paths, not_never);
  EXPECT_EQ(held_out_text(cells, always("slow"), always("slow"), always("without a time")), std::nullopt);
}

TEST(EngineCells, NameTheHeldOutHiddenSizesOrTheirRange) {
  const auto said_of = [](const std::vector<std::int64_t>& sizes) {
    Dataset data;
    for (const std::int64_t hidden : sizes) data.add(decision_row(cell_of(hidden, 1), "A", 1.0));
    return held_out_text(engine_cells(data, paths, not_never), always("fast"), always("fast"), always("fast")).value();
  };
  EXPECT_THAT(said_of({7168, 2880}), ::testing::HasSubstr("(hidden 2880, 7168, 2 cells)"));
  EXPECT_THAT(said_of({7168, 2880, 128, 512, 5120}), ::testing::HasSubstr("(hidden 128 to 7168, 5 cells)"));
}

TEST(EngineCells, SayWhatIsPassedUp) {
  const auto cells = engine_cells(two_cells(), paths, not_never);
  EXPECT_DOUBLE_EQ(gain_of(compare_rules(cells, always("slow"), always("fast"))), 0.5);
  EXPECT_DOUBLE_EQ(gain_of(compare_rules(cells, always("fast"), always("slow"))), 0.0);
}

TEST(EngineCells, NameTheWinnersThatTheTableCannotChoose) {
  EXPECT_THAT(winners_beyond(engine_cells(two_cells(), paths, not_never), "X"),
              ::testing::ElementsAre("OWN is the fastest in 50 % of 2 cells where X's table cannot choose it: the best "
                                     "that it can choose takes 100.0 % longer there in the mean"));
}

}  // namespace arbiter::test
