// SPDX-License-Identifier: Apache-2.0
#include "lp/labelling_cut.hpp"

#include <algorithm>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace arbiter::test {

namespace {

/// Small enough for solve() to ask GLPK.
LabellingProblem random_problem(std::mt19937& random, std::size_t rows, std::size_t columns, double penalty) {
  std::uniform_real_distribution<double> cost(1.0, 5.0);
  LabellingProblem problem{rows * columns, 4, {}, {}, penalty};
  for (std::size_t i = 0; i < problem.nodes * problem.labels; ++i) problem.cost.push_back(cost(random));
  for (std::size_t node = 0; node < problem.nodes; ++node) {
    if (node % columns + 1 < columns) problem.edges.emplace_back(node, node + 1);
    if (node + columns < problem.nodes && rows > 1) problem.edges.emplace_back(node, node + columns);
  }
  return problem;
}

double cost_of(const LabellingProblem& problem, const std::vector<std::size_t>& labels) {
  double cost = 0.0;
  for (std::size_t node = 0; node < problem.nodes; ++node) cost += problem.cost_of(node, labels[node]);
  for (const auto& [before, after] : problem.edges) {
    if (labels[before] > labels[after]) {
      cost += problem.violation_penalty * static_cast<double>(labels[before] - labels[after]);
    }
  }
  return cost;
}

constexpr double never = std::numeric_limits<double>::infinity();

}  // namespace

TEST(LabellingCut, OfANetworkCostsWhatTheProgramCosts) {
  std::mt19937 random(3);
  for (const double penalty : {never, 0.3, 0.0}) {
    for (int round = 0; round < 20; ++round) {
      const LabellingProblem problem = random_problem(random, 4, 6, penalty);
      const LabellingCut cut = cut_of_network(problem);
      const Labelling program = solve(problem);
      EXPECT_NEAR(cost_of(problem, cut.labels), cost_of(problem, program.labels), 1e-9);
      EXPECT_NEAR(cut.optimum, cost_of(problem, cut.labels), 1e-9);
    }
  }
}

TEST(LabellingCut, OfChainsCostsWhatTheProgramCosts) {
  std::mt19937 random(4);
  for (int round = 0; round < 20; ++round) {
    LabellingProblem problem = random_problem(random, 1, 24, never);
    // Two chains and a node alone.
    std::erase_if(problem.edges, [](const auto& edge) { return edge.first == 10 || edge.first == 11; });
    ASSERT_TRUE(is_chains(problem));
    const LabellingCut cut = cut_of_chains(problem);
    EXPECT_NEAR(cost_of(problem, cut.labels), cost_of(problem, solve(problem).labels), 1e-9);
    EXPECT_NEAR(cut.optimum, cost_of(problem, cut.labels), 1e-9);
  }
}

TEST(LabellingCut, TellsChainsFromGrids) {
  std::mt19937 random(5);
  EXPECT_FALSE(is_chains(random_problem(random, 2, 3, never)));
  EXPECT_FALSE(is_chains(random_problem(random, 1, 3, 0.5))) << "labels may decrease at a price";
}

TEST(LabellingCut, SolvesAGridThatWouldTakeAProgramMinutes) {
  std::mt19937 random(6);
  const LabellingProblem problem = random_problem(random, 40, 50, never);
  const Labelling labelling = solve(problem);
  EXPECT_EQ(labelling.status, "optimal, by maximum flow");
  EXPECT_TRUE(std::ranges::all_of(
      problem.edges, [&](const auto& edge) { return labelling.labels[edge.first] <= labelling.labels[edge.second]; }));
}

}  // namespace arbiter::test
