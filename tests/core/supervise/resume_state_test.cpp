// SPDX-License-Identifier: Apache-2.0
#include "supervise/resume_state.hpp"

#include <gmock/gmock.h>

#include "sweep/run_hooks.hpp"

namespace arbiter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Problem problem_of(std::int64_t tokens) { return {2, DType::bfloat16, "NONE", 64, tokens}; }

Measurement row_of(std::int64_t tokens, const std::string& strategy) {
  Measurement row;
  row.problem = problem_of(tokens);
  row.strategy = strategy;
  return row;
}

Plan plan_of(std::int64_t problems) {
  Plan plan;
  for (std::int64_t tokens = 1; tokens <= problems; ++tokens) {
    plan.problems.push_back({problem_of(tokens), {"A", "B", "C"}, 3.0});
  }
  return plan;
}

TEST(ResumeState, OfNothingIsTheWholePlan) {
  const ResumeState first;
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(first.rest_of(plan_of(2)).cells(), 6);
  EXPECT_EQ(first.why_broken(problem_of(1), "A"), "");
}

TEST(ResumeState, LeavesOutWhatIsMeasured) {
  const ResumeState after({{row_of(1, "A"), row_of(1, "B"), row_of(1, "C"), row_of(2, "B")}, {}, {}});
  const auto rest = after.rest_of(plan_of(3));
  ASSERT_EQ(rest.problems.size(), 2U);
  EXPECT_EQ(rest.problems[0].problem, problem_of(2));
  EXPECT_THAT(rest.problems[0].strategies, ElementsAre("A", "C"));
  EXPECT_DOUBLE_EQ(rest.problems[0].estimated_seconds, 2.0);
  EXPECT_THAT(rest.problems[1].strategies, ElementsAre("A", "B", "C"));
  EXPECT_THAT(rest.skipped, IsEmpty());
}

TEST(ResumeState, KeepsABrokenCellUntilItHasItsFailedRow) {
  const BrokenCell broken{{problem_of(2), "B"}, "it fell over"};
  const ResumeState before({{}, {broken}, {}});
  EXPECT_FALSE(before.empty());
  EXPECT_EQ(before.why_broken(problem_of(2), "B"), "it fell over");
  EXPECT_EQ(before.why_broken(problem_of(2), "A"), "");
  EXPECT_EQ(before.rest_of(plan_of(2)).cells(), 6);
  const ResumeState after({{row_of(2, "B")}, {broken}, {}});
  EXPECT_EQ(after.rest_of(plan_of(2)).cells(), 5);
}

TEST(ResumeState, GivesAStrategyUpThatBrokeThreeTimes) {
  std::vector<BrokenCell> broken;
  for (const std::int64_t tokens : {1, 2}) broken.push_back({{problem_of(tokens), "B"}, "it fell over"});
  EXPECT_FALSE(ResumeState({{}, broken, {}}).is_given_up("B", "NONE"));
  broken.push_back({{problem_of(3), "B"}, "it fell over"});
  const ResumeState after({{row_of(1, "B")}, broken, {}});
  EXPECT_TRUE(after.is_given_up("B", "NONE"));
  EXPECT_FALSE(after.is_given_up("A", "NONE"));
  const auto rest = after.rest_of(plan_of(5));
  EXPECT_THAT(rest.problems[0].strategies, ElementsAre("A", "C"));
  EXPECT_THAT(rest.problems[1].strategies, ElementsAre("A", "B", "C")) << "its failed row is still missing";
  EXPECT_THAT(rest.problems[4].strategies, ElementsAre("A", "C"));
  ASSERT_EQ(rest.skipped.size(), 2U);
  EXPECT_EQ(rest.skipped[1].problem, problem_of(5));
  EXPECT_THAT(rest.skipped[1].reason, HasSubstr("crashed or hung the ranks on 3 problems of NONE"));
}

TEST(ResumeState, CountsForEachFusionApart) {
  std::vector<BrokenCell> broken;
  for (const std::int64_t tokens : {1, 2, 3}) broken.push_back({{problem_of(tokens), "B"}, "it fell over"});
  broken[2].cell.problem.fusion = "OTHER";
  const ResumeState after({{}, broken, {}});
  EXPECT_FALSE(after.is_given_up("B", "NONE"));
  EXPECT_FALSE(after.is_given_up("B", "OTHER"));
}

TEST(ResumeState, ChargesWhatAFusionBrokeToTheFusionAndToNoStrategy) {
  std::vector<BrokenCell> broken;
  for (const std::int64_t tokens : {1, 2, 3}) broken.push_back({{problem_of(tokens), any_strategy}, "its reference"});
  const ResumeState after({{}, broken, {}});
  EXPECT_EQ(after.why_broken(problem_of(2), "A"), "its reference");
  EXPECT_EQ(after.why_broken(problem_of(4), "A"), "");
  EXPECT_FALSE(after.is_given_up("A", "NONE"));
  auto plan = plan_of(4);
  plan.problems.push_back({problem_of(4), {"A", "B"}, 2.0});
  plan.problems.back().problem.fusion = "OTHER";
  const auto rest = after.rest_of(plan);
  ASSERT_EQ(rest.problems.size(), 4U) << "three that get their failed rows, and the other fusion's";
  EXPECT_EQ(rest.problems.back().problem.fusion, "OTHER");
  EXPECT_EQ(rest.skipped.size(), 3U);
  EXPECT_THAT(rest.skipped.front().reason, HasSubstr("the reference of the fusion crashed or hung the ranks on 3"));
}

}  // namespace
}  // namespace arbiter
