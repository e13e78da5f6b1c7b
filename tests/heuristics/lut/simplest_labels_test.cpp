// SPDX-License-Identifier: Apache-2.0
#include "lut/simplest_labels.hpp"

#include <limits>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace arbiter::test {

namespace {

using Labels = std::vector<std::uint16_t>;

LabelChoice random_choice(std::mt19937& random, std::size_t rows, std::size_t columns, std::size_t labels) {
  const std::size_t size = rows * columns * labels;
  LabelChoice choice{rows, columns, labels, std::vector<bool>(size, false), std::vector<double>(size, 0.0)};
  for (std::size_t cell = 0; cell < rows * columns; ++cell) {
    const std::size_t best = random() % labels;
    for (std::size_t k = 0; k < labels; ++k) {
      choice.allowed[choice.at(cell, k)] = k == best || random() % 3 == 0;
      choice.excess[choice.at(cell, k)] = k == best ? 0.0 : static_cast<double>(random() % 1000) / 1024.0;
    }
  }
  return choice;
}

bool is_allowed(const LabelChoice& choice, const Labels& labels) {
  for (std::size_t cell = 0; cell < labels.size(); ++cell) {
    if (labels[cell] >= choice.labels || !choice.allowed[choice.at(cell, labels[cell])]) return false;
  }
  return true;
}

/// Tries every labelling.
LabelCost least_cost(const LabelChoice& choice) {
  Labels labels(choice.rows * choice.columns, 0);
  LabelCost least{1'000'000, 0.0};
  while (true) {
    if (is_allowed(choice, labels)) least = std::min(least, cost_of(choice, labels));
    std::size_t cell = 0;
    while (cell < labels.size() && ++labels[cell] == choice.labels) labels[cell++] = 0;
    if (cell == labels.size()) return least;
  }
}

}  // namespace

TEST(SimplestLabels, OfOneRowOrColumnAreTheBestOfAll) {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    const bool row = round % 2 == 0;
    const LabelChoice choice = random_choice(random, row ? 1 : 8, row ? 8 : 1, 3);
    const Labels labels = simplest_labels(choice);
    ASSERT_TRUE(is_allowed(choice, labels));
    const LabelCost least = least_cost(choice);
    EXPECT_EQ(cost_of(choice, labels).switches, least.switches);
    EXPECT_NEAR(cost_of(choice, labels).excess, least.excess, 1e-12);
  }
}

TEST(SimplestLabels, OfSmallGridsAreAllowedAndNearTheBestOfAll) {
  std::mt19937 random(2);
  std::int64_t found = 0;
  std::int64_t least = 0;
  for (int round = 0; round < 60; ++round) {
    const LabelChoice choice = random_choice(random, 3, 3, 3);
    const Labels labels = simplest_labels(choice);
    ASSERT_TRUE(is_allowed(choice, labels));
    found += cost_of(choice, labels).switches;
    least += least_cost(choice).switches;
  }
  EXPECT_GE(found, least);
  EXPECT_LE(found, least + least / 20);
}

TEST(SimplestLabels, RemoveAnIslandOfEquals) {
  LabelChoice choice{4, 4, 2, std::vector<bool>(32, false), std::vector<double>(32, 0.0)};
  for (std::size_t cell = 0; cell < 16; ++cell) {
    const bool island = cell == 5 || cell == 6 || cell == 9 || cell == 10;
    choice.allowed[choice.at(cell, 0)] = true;
    choice.allowed[choice.at(cell, 1)] = island;
    if (island) choice.excess[choice.at(cell, 0)] = 0.01;
  }
  EXPECT_EQ(simplest_labels(choice), Labels(16, 0));
}

TEST(SimplestLabels, PreferTheFasterOfEquallySimpleOnes) {
  LabelChoice choice{1, 3, 2, std::vector<bool>(6, true), {0.01, 0.0, 0.01, 0.0, 0.0, 0.01}};
  EXPECT_EQ(simplest_labels(choice), Labels(3, 1));
}

TEST(SimplestLabels, NeverHaveMoreSwitchesThanThePlainRule) {
  std::mt19937 random(4);
  for (int round = 0; round < 20; ++round) {
    const LabelChoice choice = random_choice(random, 7, 15, 4);
    Labels plain(choice.rows * choice.columns, 0);
    for (std::size_t cell = 0; cell < plain.size(); ++cell) {
      for (std::size_t k = 0; k < 4; ++k) {
        if (choice.allowed[choice.at(cell, k)] && choice.excess[choice.at(cell, k)] == 0.0) {
          plain[cell] = static_cast<std::uint16_t>(k);
        }
      }
    }
    const Labels labels = simplest_labels(choice);
    ASSERT_TRUE(is_allowed(choice, labels));
    EXPECT_LT(cost_of(choice, labels).switches, cost_of(choice, plain).switches);
    EXPECT_EQ(labels, simplest_labels(choice));
  }
}

TEST(SimplestLabels, CountTheSwitchesOfAGridWithinItsRowsAndColumns) {
  const LabelChoice choice{
      2, 3, 2, std::vector<bool>(12, true), {0.5, 0.0, 0.25, 0.0, 0.0, 0.125, 1.0, 0.0, 0.0, 2.0, 0.0, 4.0}};
  // The end of a row and the beginning of the next are no neighbours.
  const LabelCost cost = cost_of(choice, {0, 0, 1, 0, 1, 1});
  EXPECT_EQ(cost.switches, 3);
  EXPECT_DOUBLE_EQ(cost.excess, 0.5 + 0.25 + 0.125 + 1.0 + 2.0 + 4.0);
  EXPECT_EQ(cost_of(choice, {0, 0, 0, 1, 1, 1}).switches, 3);
  EXPECT_EQ(cost_of(choice, {0, 1, 0, 0, 1, 0}).switches, 4);
}

TEST(SimplestLabels, SeeTheNeighboursOnBothSides) {
  constexpr double never = std::numeric_limits<double>::infinity();
  struct Grid {
    std::vector<double> excess;  ///< of two rows of two cells, for two labels
    Labels best;
  };
  const std::vector<Grid> grids = {{{0.5, 0.0, 0.0, 0.5, 0.25, 0.0, 0.125, 0.0}, {1, 1, 1, 1}},
                                   {{0.0, 0.25, never, 0.0, 0.0, 0.5, 0.0, 0.0625}, {1, 1, 1, 1}},
                                   {{never, 0.0, 0.0, 0.0625, never, 0.0, 0.0, 0.25}, {1, 1, 1, 1}},
                                   {{0.0, 0.125, never, 0.0, 0.0, 0.25, 0.25, 0.0}, {1, 1, 1, 1}},
                                   {{0.25, 0.0, 0.0625, 0.0, 0.0, 0.125, 0.0, never}, {0, 0, 0, 0}},
                                   {{0.0, 0.125, 0.0, never, 0.5, 0.0, 0.0, 0.0625}, {0, 0, 0, 0}}};
  for (std::size_t i = 0; i < grids.size(); ++i) {
    LabelChoice choice{2, 2, 2, {}, grids[i].excess};
    for (const double excess : choice.excess) choice.allowed.push_back(excess != never);
    EXPECT_EQ(simplest_labels(choice), grids[i].best) << "grid " << i;
  }
}

TEST(SimplestLabels, CountASwitchAlongALineAsOneAcrossIt) {
  constexpr double never = std::numeric_limits<double>::infinity();
  const auto best = [](std::size_t rows, std::size_t columns, std::size_t labels, std::vector<double> excess) {
    LabelChoice choice{rows, columns, labels, {}, std::move(excess)};
    for (const double each : choice.excess) choice.allowed.push_back(each != never);
    Labels found = simplest_labels(choice);
    EXPECT_EQ(cost_of(choice, found), least_cost(choice));
    return found;
  };
  EXPECT_EQ(best(2, 4, 3, {0, 0.5,   never, never, 0.5, 0,    0,     0.375, never, 0.25, never, 0,
                           0, never, 0.5,   0.125, 0,   0.25, never, never, 0,     0.5,  0,     0.125}),
            (Labels{1, 1, 1, 2, 2, 2, 2, 2}));
  EXPECT_EQ(best(2, 4, 2, {0.5, 0, never, 0, 0.375, 0, never, 0, 0, 0.4375, 0, never, 0, 0.25, 0, 0.25}),
            (Labels{1, 1, 1, 1, 0, 0, 1, 1}));
}

}  // namespace arbiter::test
