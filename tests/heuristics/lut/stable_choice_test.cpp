// SPDX-License-Identifier: Apache-2.0
#include "lut/stable_choice.hpp"

#include <cmath>
#include <random>

#include <gmock/gmock.h>

#include "lut/stable_table.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;

/// A takes 100 everywhere; B takes `time(hidden, tokens)`.
template <class Time>
Dataset against_hundred(Time time) {
  Dataset data;
  for (const std::int64_t hidden : powers_of_two(128, 8192)) {
    for (const std::int64_t tokens : powers_of_two(1, 16384)) {
      data.add(decision_row(cell_of(hidden, tokens), "A", 100.0));
      data.add(decision_row(cell_of(hidden, tokens), "B", time(hidden, tokens)));
    }
  }
  return data;
}

std::string chosen(const StableChoice& choice, std::int64_t hidden, std::int64_t tokens) {
  const std::vector<bool> all(choice.block().strategies.size(), true);
  return choice.block().strategies[choice.at(static_cast<double>(hidden), static_cast<double>(tokens), all)];
}

}  // namespace

TEST(StableChoice, GivesATieToTheStrategyThatIsBestOverTheBlock) {
  Dataset data;  // too far apart to know of each other
  data.add(decision_row(cell_of(128, 1), "A", 100.0));
  data.add(decision_row(cell_of(128, 1), "B", 120.0));
  data.add(decision_row(cell_of(128, 1 << 20), "A", 101.0));
  data.add(decision_row(cell_of(128, 1 << 20), "B", 100.0));
  const StableFit ties(data, 1.5);
  EXPECT_TRUE(ties.choices().front().prefers(0, 1));
  EXPECT_EQ(chosen(ties.choices().front(), 128, 1 << 20), "A");
  const StableFit exact(data, 0.0);
  EXPECT_EQ(chosen(exact.choices().front(), 128, 1 << 20), "B");
}

TEST(StableChoice, PrefersAStrategyThatWasMeasuredInMoreCells) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 100.0));
  data.add(decision_row(cell_of(128, 1 << 20), "A", 101.0));
  data.add(decision_row(cell_of(128, 1 << 20), "B", 100.0));
  const StableFit fit(data, 1.5);
  EXPECT_TRUE(fit.choices().front().prefers(0, 1));
  EXPECT_FALSE(fit.choices().front().prefers(1, 0));
}

TEST(StableChoice, FollowsADifferenceThatManyCellsShow) {
  // Each of B's times is 4 % better or worse by chance; above 256 tokens it is 6 % better, below it 6 % worse.
  std::mt19937 random(5);
  std::normal_distribution<double> normal(1.0, 0.04);
  const Dataset data = against_hundred(
      [&](std::int64_t, std::int64_t tokens) { return (tokens > 256 ? 94.0 : 106.0) * normal(random); });
  const StableFit fit(data, 1.5);
  int wrong = 0;
  for (const std::int64_t hidden : powers_of_two(128, 8192)) {
    for (const std::int64_t tokens : powers_of_two(1, 16384)) {
      wrong += chosen(fit.choices().front(), hidden, tokens) != (tokens > 256 ? "B" : "A");
    }
  }
  EXPECT_LE(wrong, 7);  // of 105; the times alone are wrong in every 14th cell
}

TEST(StableChoice, NeverGivesAwayMoreThanFivePercent) {
  // Two cells, so noisy that nothing is known: the intervals span everything.
  Dataset data;
  for (const std::int64_t tokens : {1, 2}) {
    Measurement a = decision_row(cell_of(128, tokens), "A", tokens == 1 ? 10.0 : 106.0);
    Measurement b = decision_row(cell_of(128, tokens), "B", tokens == 1 ? 1000.0 : 100.0);
    a.ci_low_us = b.ci_low_us = 1.0;
    a.ci_high_us = b.ci_high_us = 1000.0;
    data.add(a);
    data.add(b);
  }
  const StableFit fit(data, 100.0);
  EXPECT_LE(fit.choices().front().tie(0, 1, 128.0, 2.0), std::log(1.05) + 1e-12);
}

TEST(StableChoice, WidensTiesFasterThanTheNoiseGrows) {
  const auto tie_at = [](double noise) {
    std::mt19937 random(3);
    std::normal_distribution<double> normal(1.0, noise);
    const Dataset data = against_hundred([&](std::int64_t, std::int64_t) { return 100.0 * normal(random); });
    const StableFit fit(data, 1.5);
    return fit.choices().front().tie(0, 1, 1024.0, 128.0);
  };
  EXPECT_LT(tie_at(0.005), 0.001);
  EXPECT_GT(tie_at(0.08), 4.5 * tie_at(0.04));
  EXPECT_NEAR(tie_at(0.2), std::log(1.05), 1e-12);
}

TEST(StableChoice, HasNoTieWhereTimesCrossSteeply) {
  const auto steep = [](std::int64_t, std::int64_t tokens) { return 3200.0 / std::sqrt(static_cast<double>(tokens)); };
  const Dataset crossing = against_hundred(steep);
  const StableFit fit(crossing, 1.5);
  EXPECT_DOUBLE_EQ(fit.choices().front().tie(0, 1, 1024.0, 1024.0), 0.0);
  const Dataset level = against_hundred([](std::int64_t, std::int64_t) { return 100.5; });
  const StableFit flat(level, 1.5);
  EXPECT_GT(flat.choices().front().tie(1, 0, 1024.0, 1024.0), 0.0);
}

TEST(Candidates, AreTheMeasuredOnesWithoutThoseThatFailedNextDoor) {
  Dataset data;
  for (const std::int64_t tokens : {1, 4, 16}) {
    data.add(decision_row(cell_of(128, tokens), "A", 10.0));
    if (tokens < 16) data.add(decision_row(cell_of(128, tokens), "B", 10.0));
  }
  data.add(failed_row(cell_of(128, 16), "B"));
  const std::vector<CellBlock> blocks = cell_blocks(data, "test");
  EXPECT_THAT(candidates_in(blocks.front(), 0), ElementsAre(true, true));
  EXPECT_THAT(candidates_in(blocks.front(), 1), ElementsAre(true, false));
  EXPECT_THAT(candidates_around(blocks.front(), 128, 2), ElementsAre(true, true));
  EXPECT_THAT(candidates_around(blocks.front(), 128, 8), ElementsAre(true, false));
}

TEST(Candidates, OfAGapAreThoseOfTheNearestMeasuredCell) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 10.0));
  data.add(decision_row(cell_of(4096, 64), "B", 10.0));
  const std::vector<CellBlock> blocks = cell_blocks(data, "test");
  EXPECT_THAT(candidates_around(blocks.front(), 128, 64), ElementsAre(false, true));
  EXPECT_THAT(candidates_around(blocks.front(), 4096, 1), ElementsAre(true, false));
  EXPECT_THAT(candidates_around(blocks.front(), 200, 2), ElementsAre(true, false));
}

TEST(Candidates, ThatAllFailedAreStillBetterThanNone) {
  EXPECT_THAT(without({true, false}, [](std::size_t) { return true; }), ElementsAre(true, false));
  EXPECT_THAT(without({true, true}, [](std::size_t k) { return k == 0; }), ElementsAre(false, true));
}

}  // namespace arbiter::test
