// SPDX-License-Identifier: Apache-2.0
#include "sweep/strategy_ids.hpp"

#include <utility>

#include <gmock/gmock.h>

namespace arbiter {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(StrategyIds, AreTheConfigurationsThenThePublishedThenThePlugins) {
  PluginHost plugins;
  plugins.load_dir(BUILT_PLUGINS);
  Config config;
  PluginChoice ring;
  ring.name = "MPI_RING";
  ring.plugin = "MPI";
  ring.table_id = 120;
  config.strategies.push_back(ring);
  EXPECT_THAT(table_id_of("MPI_RING", config, plugins), Optional(120));
  EXPECT_THAT(table_id_of("NCCL", config, plugins), Optional(0));
  EXPECT_THAT(table_id_of("TWOSHOT", config, plugins), Optional(5));
  EXPECT_THAT(table_id_of("NCCL_SYMMETRIC", config, plugins), Optional(8));
  EXPECT_THAT(table_id_of("MPI", config, plugins), Optional(99));
  EXPECT_THAT(table_id_of("SOMETHING_ELSE", config, plugins), Eq(std::nullopt));
  EXPECT_THAT(strategy_of_id(120, config, plugins), Optional(std::string("MPI_RING")));
  EXPECT_THAT(strategy_of_id(4, config, plugins), Optional(std::string("ONESHOT")));
  EXPECT_THAT(strategy_of_id(121, config, plugins), Eq(std::nullopt));
  EXPECT_THAT(strategy_of_id(-1, config, plugins), Eq(std::nullopt));
}

TEST(StrategyIds, OfTheHostsPluginsAreThoseOfTheirNames) {
  PluginHost plugins;
  plugins.load_dir(BUILT_PLUGINS);
  for (const auto& [name, id] : {std::pair{"ONESHOT", 4}, {"TWOSHOT", 5}, {"MPI", 99}}) {
    const auto* entry = plugins.find(PluginKind::strategy, name, "host");
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_EQ(entry->table_id, id) << name;
  }
}

}  // namespace
}  // namespace arbiter
