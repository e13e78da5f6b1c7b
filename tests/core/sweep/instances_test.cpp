// SPDX-License-Identifier: Apache-2.0
#include "sweep/instances.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"

namespace arbiter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class InstancesTest : public ::testing::Test {
 protected:
  InstancesTest() { plugins_.load_dir(BUILT_PLUGINS); }

  [[nodiscard]] Config config() const {
    return ConfigText(
               "backend: host\n"
               "problems: {tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}\n"
               "strategies: {MPI_RING: {strategy: MPI, algorithm: ring, table_id: 120}, ONESHOT: }\n",
               "instances.yaml")
        .validate(plugins_);
  }
  /// A choice of a plugin that is not installed.
  static PluginChoice absent(bool by_name) {
    PluginChoice choice;
    choice.name = choice.plugin = "ABSENT";
    choice.by_name = by_name;
    return choice;
  }

  PluginHost plugins_;
  std::vector<std::string> remarks_;
};

TEST_F(InstancesTest, EachStrategyIsMadeOnceUntilItIsDiscarded) {
  const auto own = config();
  StrategySet strategies(own, plugins_, remarks_);
  auto* const first = &strategies.get("ONESHOT");
  EXPECT_EQ(&strategies.get("ONESHOT"), first);
  EXPECT_NE(&strategies.get("MPI_RING"), first);
  strategies.discard("ONESHOT");
  EXPECT_TRUE(strategies.contains("ONESHOT")) << "it is made anew";
  EXPECT_TRUE(strategies.get("ONESHOT").fuses(Problem{}));
  EXPECT_EQ(&strategies.get("ONESHOT"), &strategies.get("ONESHOT"));
}

TEST_F(InstancesTest, AnInstalledStrategyIsMadeWhenItIsAskedFor) {
  const auto own = config();
  StrategySet strategies(own, plugins_, remarks_);
  EXPECT_FALSE(strategies.contains("TWOSHOT"));
  EXPECT_TRUE(strategies.get("TWOSHOT").fuses(Problem{}));
  EXPECT_THROW(static_cast<void>(strategies.get("AUTO")), PluginError) << "AUTO is no plugin";
}

TEST_F(InstancesTest, OnlyTheNamedStrategiesAreMade) {
  const auto own = config();
  const StrategySet some(own, plugins_, remarks_, {"MPI_RING"});
  EXPECT_TRUE(some.contains("MPI_RING"));
  EXPECT_FALSE(some.contains("ONESHOT"));
  EXPECT_FALSE(StrategySet(own, plugins_, remarks_, {}).contains("MPI_RING")) << "none is no mistake";
}

TEST_F(InstancesTest, WhatCannotBeMadeIsLeftOutWithOneRemarkUnlessItIsAskedForByName) {
  auto own = config();
  own.strategies.push_back(absent(false));
  own.fusions.push_back(absent(false));
  const auto instances = make_instances(own, plugins_, remarks_);
  EXPECT_EQ(instances.fusions.size(), 1U);
  EXPECT_NE(instances.none, nullptr);
  remarks_.clear();
  for (int group = 0; group < 2; ++group) EXPECT_FALSE(StrategySet(own, plugins_, remarks_).contains("ABSENT"));
  EXPECT_THAT(remarks_, ElementsAre("the run continues without ABSENT: there is no strategy plugin ABSENT"));
  own.strategies.back() = absent(true);
  EXPECT_THROW(StrategySet(own, plugins_, remarks_), PluginError);
  own.strategies = {absent(false)};
  EXPECT_THROW(StrategySet(own, plugins_, remarks_), PluginError) << "none is left";
}

TEST_F(InstancesTest, NothingIsRemarkedWhereEverythingCanBeMade) {
  const auto own = config();
  static_cast<void>(make_instances(own, plugins_, remarks_));
  const StrategySet strategies(own, plugins_, remarks_);
  EXPECT_TRUE(strategies.contains("MPI_RING"));
  EXPECT_THAT(remarks_, IsEmpty());
}

}  // namespace
}  // namespace arbiter
