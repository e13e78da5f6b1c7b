// SPDX-License-Identifier: Apache-2.0
#include "plugin/search_path.hpp"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>

namespace arbiter {
namespace {

TEST(SearchPath, FindsTheBuiltInFolderBesideTheLibrary) { EXPECT_EQ(built_in_plugin_dir(), BUILT_PLUGINS); }

TEST(SearchPath, KnowsWhichFilesOfThatFolderAreBuiltIn) {
  EXPECT_TRUE(is_built_in(built_in_plugin_dir() / "strategy_oneshot_host.so"));
  EXPECT_TRUE(is_built_in(built_in_plugin_dir() / "sink_csv.so"));
  EXPECT_FALSE(is_built_in(built_in_plugin_dir() / "my_ring.so"));
  EXPECT_FALSE(is_built_in("/opt/plugins/sink_csv.so"));
}

TEST(SearchPath, FindsTheRankAndItsPythonBesideTheLibraryToo) {
  EXPECT_TRUE(std::filesystem::is_regular_file(rank_library())) << rank_library();
  EXPECT_TRUE(std::filesystem::is_regular_file(python_package_dir() / "arbiter/rank.py")) << python_package_dir();
}

TEST(SearchPath, SplitsTheEnvironmentVariableAtColons) {
  ::setenv("ARBITER_PLUGIN_PATH", "/one::two/three:", 1);
  EXPECT_THAT(environment_plugin_dirs(), ::testing::ElementsAre("/one", "two/three"));
  ::unsetenv("ARBITER_PLUGIN_PATH");
  EXPECT_THAT(environment_plugin_dirs(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace arbiter
