// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/strategies_plugins.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::testing;
using ::testing::HasSubstr;

/// The test's ranks, as if they were on several hosts.
class SpreadGroup : public MpiGroup {
 public:
  SpreadGroup() : MpiGroup(MPI_COMM_WORLD) {}
  [[nodiscard]] bool single_host() const override { return false; }
};

Problem problem_of(std::int64_t num_tokens, DType dtype = DType::bfloat16) {
  return {world().size(), dtype, "NONE", 64, num_tokens};
}

class HostStrategies : public ::testing::TestWithParam<const char*> {};

TEST_P(HostStrategies, RefuseAnEmptyMessageWithItsShape) {
  const Support support = make_strategy(GetParam())->supports(problem_of(0), world());
  EXPECT_FALSE(support);
  EXPECT_THAT(support.reason, HasSubstr("0 tokens x 64"));
}

TEST_P(HostStrategies, RefuseATpSizeThatIsNotTheGroups) {
  Problem problem = problem_of(1);
  problem.tp_size += 1;
  const Support support = make_strategy(GetParam())->supports(problem, world());
  EXPECT_FALSE(support);
  EXPECT_THAT(support.reason, HasSubstr("the group has " + std::to_string(world().size()) + " ranks"));
}

TEST_P(HostStrategies, RefuseADtypeThatIsNoMessageDtype) {
  const Support support = make_strategy(GetParam())->supports(problem_of(1, DType::float8_e4m3), world());
  EXPECT_FALSE(support);
  EXPECT_THAT(support.reason, HasSubstr("float8_e4m3"));
}

INSTANTIATE_TEST_SUITE_P(Host, HostStrategies, ::testing::Values("MPI", "ONESHOT", "TWOSHOT"),
                         [](const auto& choice) { return std::string(choice.param); });

TEST(SharedMemoryStrategies, RefuseRanksOnSeveralHosts) {
  const SpreadGroup spread;
  for (const char* name : {"ONESHOT", "TWOSHOT"}) {
    const Support support = make_strategy(name)->supports(problem_of(1), spread);
    EXPECT_FALSE(support) << name;
    EXPECT_THAT(support.reason, HasSubstr("several hosts"));
  }
  EXPECT_TRUE(make_strategy("MPI")->supports(problem_of(1), spread));
}

TEST(SharedMemoryStrategies, RefuseAMessageWhoseSizesMayOverflow) {
  for (const char* name : {"ONESHOT", "TWOSHOT"}) {
    Problem problem = problem_of(4);
    problem.hidden_size = std::numeric_limits<std::int64_t>::max() / 64;
    EXPECT_TRUE(make_strategy(name)->supports(problem, world())) << name;
    ++problem.hidden_size;
    const Support support = make_strategy(name)->supports(problem, world());
    EXPECT_FALSE(support) << name;
    EXPECT_THAT(support.reason, HasSubstr("larger than memory can be"));
  }
}

}  // namespace
