// SPDX-License-Identifier: Apache-2.0
#include "sweep/plan.hpp"

#include <cstdlib>

#include <gmock/gmock.h>

#include "measure/problem_tensors.hpp"
#include "supervise/launcher_link.hpp"

namespace arbiter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PlanTest : public ::testing::Test {
 protected:
  PlanTest() { plugins_.load_dir(BUILT_PLUGINS); }

  Plan plan(const std::string& problems, int ranks, bool single_host = true, const std::string& more = "") {
    return plan_at({ranks, [=](int) { return single_host; }, [](int) { return std::int64_t{1} << 30; }}, problems,
                   "[MPI, ONESHOT]", more);
  }

  Plan plan_at(RunSite site, const std::string& problems, const std::string& strategies, const std::string& more = "") {
    const ConfigText text("backend: host\nproblems: " + problems + "\nstrategies: " + strategies + "\n" + more,
                          "plan.yaml");
    const auto config = text.validate(plugins_);
    std::vector<std::string> remarks;
    const auto instances = make_instances(config, plugins_, remarks);
    StrategySet set(config, plugins_, remarks);
    site.strategies = [&](int) { return &set; };
    return make_plan(config, instances, site);
  }

  PluginHost plugins_;
};

TEST_F(PlanTest, HoldsEveryProblemOfTheGridInOrder) {
  const auto made = plan("{tp_size: [2, 3], fusion: [NONE], hidden_size: [64], num_tokens: [1, 5]}", 3);
  ASSERT_EQ(made.problems.size(), 4U);
  EXPECT_EQ(made.problems[1].problem, (Problem{2, DType::bfloat16, "NONE", 64, 5}));
  EXPECT_EQ(made.problems[2].problem.tp_size, 3);
  EXPECT_THAT(made.problems[0].strategies, ElementsAre("MPI", "ONESHOT"));
  EXPECT_EQ(made.cells(), 8);
  EXPECT_EQ(made.of_tp_size(2).cells(), 4);
  EXPECT_GT(made.estimated_seconds(), 0.0);
}

TEST_F(PlanTest, HasTheHoldoutOfEachTpSizeAfterItsGrid) {
  const auto made = plan(
      "{tp_size: [2, 3], fusion: [NONE, RESIDUAL_RMS_NORM], hidden_size: [64], num_tokens: [1], "
      "holdout: [{hidden_size: 100, num_tokens: [3, 7]}]}",
      3);
  ASSERT_EQ(made.problems.size(), 12U);
  EXPECT_FALSE(made.problems[1].holdout);
  EXPECT_TRUE(made.problems[2].holdout);
  EXPECT_EQ(made.problems[3].problem, (Problem{2, DType::bfloat16, "NONE", 100, 7}));
  EXPECT_EQ(made.problems[4].problem.fusion, "RESIDUAL_RMS_NORM");
  EXPECT_FALSE(made.problems[6].holdout);
  EXPECT_EQ(made.of_tp_size(3).cells(), 12);
}

TEST_F(PlanTest, SkipsGroupsThatAreLargerThanTheRun) {
  const auto made = plan("{tp_size: [2, 4], fusion: [NONE], hidden_size: [64], num_tokens: [1]}", 2);
  ASSERT_EQ(made.problems.size(), 1U);
  ASSERT_EQ(made.skipped.size(), 1U);
  EXPECT_EQ(made.skipped[0].strategy, "*");
  EXPECT_EQ(made.skipped[0].reason, "needs 4 ranks, this run has 2");
}

TEST_F(PlanTest, SkipsProblemsThatDoNotFitIntoMemory) {
  const auto made = plan("{tp_size: [2], fusion: [NONE], hidden_size: [1048576], num_tokens: [1, 16777216]}", 2);
  ASSERT_EQ(made.problems.size(), 1U);
  ASSERT_EQ(made.skipped.size(), 1U);
  EXPECT_THAT(made.skipped[0].reason, HasSubstr("MiB of memory that are free for each of 2 ranks"));
}

TEST_F(PlanTest, StrategiesThatNeedSharedMemoryStayOnOneHost) {
  const auto made = plan("{tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}", 2, false);
  ASSERT_EQ(made.problems.size(), 1U);
  EXPECT_THAT(made.problems[0].strategies, ElementsAre("MPI"));
  ASSERT_EQ(made.skipped.size(), 1U);
  EXPECT_EQ(made.skipped[0].strategy, "ONESHOT");
  EXPECT_THAT(made.skipped[0].reason, HasSubstr("host"));
}

TEST_F(PlanTest, SkipsWhatNoRanksCanRunAndPlansWhatCannotBeAskedHere) {
  RunSite site{2, [](int) { return true; }, [](int) { return std::int64_t{1} << 30; }};
  site.unusable = {{"MPI", "its interpreter is gone"}};
  site.unasked = {"ONESHOT"};
  const auto made =
      plan_at(site, "{tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}", "[MPI, ONESHOT]");
  ASSERT_EQ(made.problems.size(), 1U);
  EXPECT_THAT(made.problems[0].strategies, ElementsAre("ONESHOT"));
  ASSERT_EQ(made.skipped.size(), 1U);
  EXPECT_EQ(made.skipped[0].strategy, "MPI");
  EXPECT_EQ(made.skipped[0].reason, "its interpreter is gone");
}

TEST_F(PlanTest, EstimatesTheBudgetOfEachStrategyAndTheVerificationOfEachElement) {
  const auto made = plan("{tp_size: [2], fusion: [NONE], hidden_size: [1000], num_tokens: [1, 10000]}", 2, true,
                         "measurement: {time_target_ms: 300}\n");
  ASSERT_EQ(made.problems.size(), 2U);
  EXPECT_NEAR(made.problems[0].estimated_seconds, 2 * (0.305 + 0.000003), 1e-9);
  EXPECT_NEAR(made.problems[1].estimated_seconds, 2 * (0.325 + 0.03), 1e-9) << "8 operations at 0.5 GB/s outlast it";
  EXPECT_NEAR(made.estimated_seconds(), 0.610006 + 0.71, 1e-9);
}

TEST_F(PlanTest, NeedsThreeTimesTheTensorsInFreeMemory) {
  const std::string problems = "{tp_size: [2], fusion: [NONE], hidden_size: [1024], num_tokens: [512]}";
  constexpr std::int64_t guards = 1024;  // around messages and outputs; and a second message begins 64 elements later
  const std::int64_t needed = 3 * (std::int64_t{2} * 1024 * 512 * 2 + 128 + guards);
  const auto* none = plugins_.find(PluginKind::fusion, "NONE");
  const auto fusion = plugins_.create_as<Fusion>(*none, Parameters(none->parameters));
  ASSERT_EQ(3 * ProblemTensors::bytes_needed({2, DType::bfloat16, "NONE", 1024, 512}, *fusion), needed);
  const auto with = [&](std::int64_t free_bytes) {
    return plan_at({2, [](int) { return true; }, [=](int) { return free_bytes; }}, problems, "[MPI, ONESHOT]");
  };
  EXPECT_EQ(with(needed).cells(), 2);
  const auto made = with(needed - 1);
  EXPECT_EQ(made.cells(), 0);
  ASSERT_EQ(made.skipped.size(), 1U);
  EXPECT_EQ(made.skipped[0].strategy, "*");
  EXPECT_EQ(made.skipped[0].reason, "needs more than the 6 MiB of memory that are free for each of 2 ranks");
}

TEST_F(PlanTest, OfOneTpSizeHasItsSkippedCellsOnly) {
  const auto made = plan("{tp_size: [2, 4, 8], fusion: [NONE], hidden_size: [64], num_tokens: [1]}", 2, false);
  ASSERT_EQ(made.skipped.size(), 3U);
  ASSERT_EQ(made.of_tp_size(2).skipped.size(), 1U);
  EXPECT_EQ(made.of_tp_size(2).skipped[0].strategy, "ONESHOT");
  ASSERT_EQ(made.of_tp_size(4).skipped.size(), 1U);
  EXPECT_EQ(made.of_tp_size(4).skipped[0].problem.tp_size, 4);
  EXPECT_TRUE(made.of_tp_size(3).skipped.empty());
}

TEST_F(PlanTest, AsksForTheHostAndTheMemoryOfEachTpSize) {
  const auto made =
      plan_at({8, [](int tp_size) { return tp_size == 2; },
               [](int tp_size) { return tp_size == 8 ? std::int64_t{0} : std::int64_t{1} << 30; }},
              "{tp_size: [2, 4, 8], fusion: [NONE], hidden_size: [64], num_tokens: [1]}", "[MPI, ONESHOT]");
  ASSERT_EQ(made.problems.size(), 2U);
  EXPECT_THAT(made.problems[0].strategies, ElementsAre("MPI", "ONESHOT"));
  EXPECT_THAT(made.problems[1].strategies, ElementsAre("MPI"));
  ASSERT_EQ(made.skipped.size(), 2U);
  EXPECT_EQ(made.skipped[1].reason, "needs more than the 0 MiB of memory that are free for each of 8 ranks");
}

TEST_F(PlanTest, HasNoProblemThatNoStrategySupports) {
  const auto made = plan_at({2, [](int) { return false; }, [](int) { return std::int64_t{1} << 30; }},
                            "{tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}", "[ONESHOT]");
  EXPECT_TRUE(made.problems.empty());
  ASSERT_EQ(made.skipped.size(), 1U);
  EXPECT_EQ(made.skipped[0].strategy, "ONESHOT");
  EXPECT_EQ(made.estimated_seconds(), 0.0);
}

TEST(Patience, IsFiveTimeoutsAndThreeEstimatesButAMinuteAtLeast) {
  const char* const set = std::getenv("ARBITER_PATIENCE_S");
  const std::string before = set == nullptr ? "" : set;
  ::unsetenv("ARBITER_PATIENCE_S");
  const MeasurementConfig config{.timeout_ms = 8000};
  EXPECT_EQ(patience_seconds(config, 20.0), 100.0);
  EXPECT_EQ(patience_seconds(config, 1.0), 60.0);
  ::setenv("ARBITER_PATIENCE_S", "2.5", 1);
  EXPECT_EQ(patience_seconds(config, 20.0), 2.5);
  ::setenv("ARBITER_PATIENCE_S", "0", 1);
  EXPECT_EQ(patience_seconds(config, 20.0), 100.0);
  ::unsetenv("ARBITER_PATIENCE_S");
  if (!before.empty()) ::setenv("ARBITER_PATIENCE_S", before.c_str(), 1);
}

}  // namespace
}  // namespace arbiter
