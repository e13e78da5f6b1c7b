// SPDX-License-Identifier: Apache-2.0
// Many operations back to back, of random shapes and fusions, on the same workspaces.
#include "strategies/hazards/random_problems.hpp"

namespace arbiter::testing {
namespace {

class Graphs : public RandomProblems {};

TEST_F(Graphs, OfAHundredThousandRandomOperationsAreRight) {
  ASSERT_EQ(make(gpus_are_shared() ? 20 : 120, {"ONESHOT", "TWOSHOT"}), "");
  Sequence sequence = Graphs::sequence();
  constexpr int in_a_graph = 12'500;
  constexpr int graphs = 4;
  constexpr int replays = 2;
  for (int graph = 0; graph < graphs; ++graph) {
    const auto steps = draw(static_cast<std::size_t>(often(in_a_graph)));
    ASSERT_EQ(failure_in(sequence, steps, true, replays), "") << "graph " << graph;
  }
}

TEST_F(Graphs, OfOneStrategyAreRightWithoutAnythingBetweenOperations) {
  ASSERT_EQ(make(gpus_are_shared() ? 10 : 60, {"ONESHOT"}), "");
  Sequence sequence = Graphs::sequence();
  sequence.disturb(0, 0, 0);
  ASSERT_EQ(failure_in(sequence, draw(static_cast<std::size_t>(often(10'000))), true), "");
}

TEST_F(Graphs, MayTakeTurnsWithEagerOperations) {
  ASSERT_EQ(make(gpus_are_shared() ? 10 : 40, {"ONESHOT", "TWOSHOT"}), "");
  Sequence eager = Graphs::sequence();
  for (int turn = 0; turn < often(100); ++turn) {
    Sequence captured = Graphs::sequence();
    ASSERT_EQ(failure_in(captured, draw(1 + agreed_random_() % 30), true), "") << "graph of turn " << turn;
    ASSERT_EQ(failure_in(eager, draw(1 + agreed_random_() % 30), false), "") << "without a graph, turn " << turn;
  }
}

TEST_F(Graphs, KeepWorkingAfterWorkspacesGrewAndWereUsedByOthers) {
  const auto strategy = cuda_strategy("TWOSHOT");
  const auto other = cuda_strategy("ONESHOT");
  const auto none = fusion("NONE");
  std::vector<std::unique_ptr<DeviceTrial>> trials;
  std::vector<std::unique_ptr<Operation>> operations;
  std::vector<std::unique_ptr<Sample>> samples;
  // Growing, shrinking, growing.
  for (const std::int64_t tokens : {1, 64, 3, 512, 2, 2048, 1}) {
    for (const auto& each : {strategy, other}) {
      const Problem problem{world().size(), DType::bfloat16, "NONE", 1000, tokens};
      trials.push_back(std::make_unique<DeviceTrial>(backend(), problem, *none, Data::random, trials.size()));
      operations.push_back(prepare(*each, problem, *none));
      ASSERT_EQ(difference_after(*operations.back(), *trials.back()), "");
      trials.back()->restore_input();
      samples.push_back(backend().sample(*operations.back(), trials.back()->bindings(), 5, true));
      for (std::size_t i = 0; i < samples.size(); ++i) {
        trials[i]->poison_outputs();
        static_cast<void>(samples[i]->time(world()));
        ASSERT_EQ(agreed(trials[i]->difference()), "") << "graph " << i << " of " << samples.size();
      }
    }
  }
}

}  // namespace
}  // namespace arbiter::testing
