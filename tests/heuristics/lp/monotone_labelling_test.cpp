// SPDX-License-Identifier: Apache-2.0
#include "lp/monotone_labelling.hpp"

#include <algorithm>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace arbiter::test {

namespace {

LabellingProblem grid_problem(std::mt19937& random, std::size_t rows, std::size_t columns, std::size_t labels) {
  std::uniform_real_distribution<double> cost(1.0, 5.0);
  LabellingProblem problem{rows * columns, labels, {}, {}};
  for (std::size_t i = 0; i < problem.nodes * labels; ++i) problem.cost.push_back(cost(random));
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      if (c + 1 < columns) problem.edges.emplace_back(r * columns + c, r * columns + c + 1);
      if (r + 1 < rows) problem.edges.emplace_back(r * columns + c, (r + 1) * columns + c);
    }
  }
  return problem;
}

/// The least cost on a grid, column by column: a column's state is its labels, which do not fall downwards, and no
/// label falls from one column to the next.
double least_cost_by_columns(const LabellingProblem& problem, std::size_t rows, std::size_t columns) {
  std::vector<std::vector<std::size_t>> states = {{}};
  for (std::size_t r = 0; r < rows; ++r) {
    std::vector<std::vector<std::size_t>> longer;
    for (const auto& state : states) {
      for (std::size_t k = state.empty() ? 0 : state.back(); k < problem.labels; ++k) {
        longer.push_back(state);
        longer.back().push_back(k);
      }
    }
    states = std::move(longer);
  }
  std::vector<double> least(states.size(), 0.0);
  for (std::size_t c = 0; c < columns; ++c) {
    std::vector<double> next(states.size(), std::numeric_limits<double>::infinity());
    for (std::size_t s = 0; s < states.size(); ++s) {
      double own = 0.0;
      for (std::size_t r = 0; r < rows; ++r) own += problem.cost_of(r * columns + c, states[s][r]);
      for (std::size_t before = 0; before < states.size(); ++before) {
        const bool rises = std::ranges::equal(states[before], states[s], std::less_equal{});
        if (c == 0 || rises) next[s] = std::min(next[s], least[before] + own);
      }
    }
    least = std::move(next);
  }
  return *std::ranges::min_element(least);
}

bool is_monotone(const LabellingProblem& problem, const std::vector<std::size_t>& labels) {
  return std::ranges::all_of(problem.edges,
                             [&](const auto& edge) { return labels[edge.first] <= labels[edge.second]; });
}

}  // namespace

TEST(MonotoneLabelling, IsAsCheapAsADynamicProgramsOnRandomGrids) {
  std::mt19937 random(5);
  for (const auto& [rows, columns, labels] : std::vector<std::array<std::size_t, 3>>{
           {1, 1, 4}, {1, 12, 3}, {9, 1, 4}, {2, 2, 2}, {3, 4, 3}, {4, 6, 5}, {7, 15, 2}, {7, 15, 3}, {5, 15, 4}}) {
    for (int round = 0; round < 5; ++round) {
      const LabellingProblem problem = grid_problem(random, rows, columns, labels);
      const Labelling solution = solve(problem);
      EXPECT_EQ(solution.status, "optimal");
      EXPECT_TRUE(is_monotone(problem, solution.labels));
      EXPECT_NEAR(solution.objective, least_cost_by_columns(problem, rows, columns), 1e-6)
          << rows << " x " << columns << ", " << labels << " labels";
    }
  }
}

TEST(MonotoneLabelling, IsWholeAndCheapestWithEqualCostsToo) {
  std::mt19937 random(6);
  for (int round = 0; round < 30; ++round) {
    LabellingProblem problem = grid_problem(random, 4, 5, 3);
    for (double& cost : problem.cost) cost = std::floor(cost);
    const Labelling solution = solve(problem);
    EXPECT_TRUE(is_monotone(problem, solution.labels));
    EXPECT_NEAR(solution.objective, least_cost_by_columns(problem, 4, 5), 1e-9);
  }
}

TEST(MonotoneLabelling, WithoutEdgesIsEachNodesCheapest) {
  const LabellingProblem problem{2, 3, {3.0, 1.0, 2.0, 1.0, 2.0, 3.0}, {}};
  EXPECT_EQ(solve(problem).labels, (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(solve(problem).objective, 2.0);
}

TEST(MonotoneLabelling, WithOneLabelOrNoNodesThereIsNothingToSolve) {
  const Labelling one = solve({3, 1, {1.0, 2.0, 3.0}, {{0, 1}}});
  EXPECT_EQ(one.status, "trivial");
  EXPECT_EQ(one.labels, (std::vector<std::size_t>{0, 0, 0}));
  EXPECT_EQ(one.objective, 6.0);
  EXPECT_TRUE(solve({0, 4, {}, {}}).labels.empty());
}

TEST(MonotoneLabelling, GivesUpNodesAgainstTheOrderTogether) {
  // The first node wants the last label and the second the first: one of them has to give way, the cheaper one.
  EXPECT_EQ(solve({2, 2, {1.5, 1.0, 1.0, 1.2}, {{0, 1}}}).labels, (std::vector<std::size_t>{1, 1}));
  EXPECT_EQ(solve({2, 2, {1.1, 1.0, 1.0, 1.2}, {{0, 1}}}).labels, (std::vector<std::size_t>{0, 0}));
}

TEST(MonotoneLabelling, WithAPriceOfFallingIsTheCheapestOfAllLabellings) {
  std::mt19937 random(11);
  for (const double price : {0.0, 0.3, 1.5}) {
    LabellingProblem problem = grid_problem(random, 2, 3, 3);
    problem.violation_penalty = price;
    const auto cost = [&](const std::vector<std::size_t>& labels) {
      double sum = 0.0;
      for (std::size_t node = 0; node < problem.nodes; ++node) sum += problem.cost_of(node, labels[node]);
      for (const auto& [before, after] : problem.edges) {
        if (labels[before] > labels[after]) sum += price * static_cast<double>(labels[before] - labels[after]);
      }
      return sum;
    };
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t code = 0; code < 729; ++code) {
      std::vector<std::size_t> labels;
      for (std::size_t rest = code; labels.size() < 6; rest /= 3) labels.push_back(rest % 3);
      least = std::min(least, cost(labels));
    }
    EXPECT_NEAR(cost(solve(problem).labels), least, 1e-9) << price;
  }
}

}  // namespace arbiter::test
