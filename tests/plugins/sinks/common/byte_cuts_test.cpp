// SPDX-License-Identifier: Apache-2.0
#include "common/byte_cuts.hpp"

#include <random>

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using Cuts = std::vector<std::int64_t>;

double cost_of(const SizeCosts& costs, const Cuts& cuts) {
  double sum = 0.0;
  for (std::size_t size = 0; size < costs.bytes.size(); ++size) {
    std::size_t answer = 0;
    while (answer < cuts.size() && costs.bytes[size] > cuts[answer]) ++answer;
    sum += costs.cost[size * costs.answers + answer];
  }
  return sum;
}

/// The least cost over all pairs of cut-offs.
double least_cost(const SizeCosts& costs) {
  Cuts values = costs.bytes;
  values.push_back(0);
  double least = cost_of(costs, {0, 0});
  for (const std::int64_t first : values) {
    for (const std::int64_t second : values) {
      if (first <= second) least = std::min(least, cost_of(costs, {first, second}));
    }
  }
  return least;
}

}  // namespace

TEST(BestCuts, AreNoWorseThanAnyOther) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 200; ++trial) {
    SizeCosts costs{3, {}, {}};
    for (std::int64_t size = 1; size <= 8; ++size) {
      costs.bytes.push_back(size * 100);
      for (int answer = 0; answer < 3; ++answer) costs.cost.push_back(1.0 + static_cast<double>(random() % 8));
    }
    const Cuts cuts = best_cuts(costs);
    ASSERT_EQ(cuts.size(), 2U);
    EXPECT_LE(cuts[0], cuts[1]);
    EXPECT_DOUBLE_EQ(cost_of(costs, cuts), least_cost(costs));
  }
}

TEST(BestCuts, PreferTheLaterAnswerAmongEquals) {
  EXPECT_EQ(best_cuts({2, {10, 20}, {1, 1, 1, 1}}), (Cuts{0}));
  EXPECT_EQ(best_cuts({2, {10, 20, 30}, {1, 2, 1, 1, 1, 1}}), (Cuts{10}));
}

TEST(BestCuts, WithoutMeasurementsStandForNothing) { EXPECT_EQ(best_cuts({3, {}, {}}), (Cuts{0, 0})); }

TEST(SizeCosts, JoinShapesOfTheSameSizeAndShunPathsWithoutTimes) {
  Dataset paths;
  paths.add(decision_row(cell_of(128, 2), "a", 1.0));
  paths.add(decision_row(cell_of(128, 2), "b", 3.0));
  paths.add(decision_row(cell_of(256, 1), "a", 5.0));
  paths.add(decision_row(cell_of(256, 1), "b", 2.0));
  paths.add(decision_row(cell_of(256, 2), "b", 2.0));
  paths.add(failed_row(cell_of(256, 2), "a"));
  const SizeCosts costs =
      size_costs(paths, 2, [](const Problem&, std::size_t answer) { return answer == 0 ? "a" : "b"; });
  EXPECT_EQ(costs.bytes, (Cuts{512, 1024}));
  EXPECT_DOUBLE_EQ(costs.cost[0], 1.0 + 2.5);
  EXPECT_DOUBLE_EQ(costs.cost[1], 3.0 + 1.0);
  EXPECT_GT(costs.cost[2], 1000.0);
  EXPECT_DOUBLE_EQ(costs.cost[3], 1.0);
}

TEST(SizeCosts, OfAFusionThatAnAnswerWasNeverMeasuredForDoNotCount) {
  const PathOfAnswer path = [](const Problem&, std::size_t answer) { return answer == 0 ? "A" : "B"; };
  Dataset paths;
  const auto add = [&](const char* fusion, const char* name, std::int64_t tokens, double time) {
    paths.add(decision_row({2, DType::bfloat16, fusion, 128, tokens}, name, time));
  };
  for (const std::int64_t tokens : {1, 2}) {
    add("NONE", "A", tokens, 10.0);
    add("NONE", "B", tokens, 20.0);
    add("OTHER", "B", tokens, 5.0);  // A is unknown there, not slow
  }
  const SizeCosts costs = size_costs(paths, 2, path);
  EXPECT_EQ(costs.cost, (std::vector<double>{1.0, 2.0, 1.0, 2.0}));
  EXPECT_EQ(best_cuts(costs), (Cuts{512}));
}

TEST(SizeCosts, SkipCellsInWhichNothingIsUsableAndAskForThePathOfEachProblem) {
  Dataset paths;
  paths.add(failed_row(cell_of(128, 1), "a"));
  paths.add(decision_row(cell_of(128, 2), "a", 1.0));
  paths.add(decision_row({2, DType::bfloat16, "X", 128, 2}, "b", 1.0));
  const SizeCosts costs = size_costs(paths, 2, [](const Problem& problem, std::size_t answer) {
    return answer == 1 ? "none" : problem.fusion == "X" ? "b" : "a";
  });
  EXPECT_EQ(costs.answers, 2U);
  EXPECT_EQ(costs.bytes, (Cuts{512}));
  EXPECT_EQ(costs.cost, (std::vector<double>{2.0, 2e6})) << "a path without a time costs a million times the best";
}

TEST(BestCuts, AreTheLargestSizeOfEachAnswer) {
  EXPECT_EQ(best_cuts({3, {10, 20, 30, 40}, {1, 9, 9, 9, 1, 9, 9, 1, 9, 9, 9, 1}}), (Cuts{10, 30}));
  EXPECT_EQ(best_cuts({3, {10, 20}, {1, 9, 9, 9, 9, 1}}), (Cuts{10, 10}));
  EXPECT_EQ(best_cuts({3, {10, 20}, {1, 9, 9, 1, 9, 9}}), (Cuts{20, 20}));
}

}  // namespace arbiter::test
