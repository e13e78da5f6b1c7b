#include "pipeline/plan.hpp"

#include <gmock/gmock.h>

namespace arbiter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PlanTest : public ::testing::Test {
 protected:
  PlanTest() { plugins_.load_dir(BUILT_PLUGINS); }

  Plan plan(const std::string& problems, int ranks, bool single_host = true) {
    const ConfigText text("backend: host\nproblems: " + problems + "\nstrategies: [MPI, ONESHOT]\n", "plan.yaml");
    auto config = text.validate(plugins_);
    std::vector<std::string> remarks;
    const auto instances = make_instances(config, plugins_, remarks);
    return make_plan(config, instances,
                     {ranks, [=](int) { return single_host; }, [](int) { return std::int64_t{1} << 30; }});
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

}  // namespace
}  // namespace arbiter
