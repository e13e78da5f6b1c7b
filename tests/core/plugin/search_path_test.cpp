// SPDX-License-Identifier: Apache-2.0
#include "plugin/search_path.hpp"

#include <cstdlib>

#include <gmock/gmock.h>

namespace arbiter {
namespace {

TEST(SearchPath, FindsTheBuiltInFolderBesideTheLibrary) { EXPECT_EQ(built_in_plugin_dir(), BUILT_PLUGINS); }

TEST(SearchPath, SplitsTheEnvironmentVariableAtColons) {
  ::setenv("ARBITER_PLUGIN_PATH", "/one::two/three:", 1);
  EXPECT_THAT(environment_plugin_dirs(), ::testing::ElementsAre("/one", "two/three"));
  ::unsetenv("ARBITER_PLUGIN_PATH");
  EXPECT_THAT(environment_plugin_dirs(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace arbiter
