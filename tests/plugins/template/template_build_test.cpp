// SPDX-License-Identifier: Apache-2.0
// Every template built alone, as after copying one folder.
#include <gmock/gmock.h>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

const fs::path prefix = fs::path(WORK) / "prefix";

class Template : public ::testing::TestWithParam<const char*> {};

TEST_P(Template, IsBuiltAloneOutOfTreeAndTakenByTheRunner) {
  const test::TempDir folder;
  const std::string name = GetParam();
  const auto build = folder.path() / "build";
  const auto configured =
      run({CMAKE, "-S", prefix / "share/arbiter/template" / name, "-B", build, "-DCMAKE_PREFIX_PATH=" + prefix.string(),
           "-DCMAKE_CXX_COMPILER=" CXX, "-DCMAKE_CXX_FLAGS=" CXX_FLAGS " -Wall -Wextra"});
  ASSERT_EQ(configured.exit_code, 0) << configured.output;
  const auto built = run({CMAKE, "--build", build});
  ASSERT_EQ(built.exit_code, 0) << built.output;
  EXPECT_THAT(built.output, Not(HasSubstr("warning")));

  const auto list = run({prefix / "bin/runner", "--list", "--plugin_dir", build / "plugins"});
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_THAT(list.output, HasSubstr((build / "plugins" / (name + ".so")).string()));
  EXPECT_THAT(list.output, Not(HasSubstr("refused")));
}

INSTANTIATE_TEST_SUITE_P(All, Template, ::testing::Values("ring", "scale_bias", "byte_thresholds", "markdown"),
                         [](const auto& name) { return std::string(name.param); });

TEST(Templates, AreNoPartOfTheProduct) {
  const auto list = run({prefix / "bin/runner", "--list"});
  EXPECT_EQ(list.exit_code, 0);
  for (const char* name : {"RING (host)", "SCALE_BIAS", "byte_thresholds", "markdown"}) {
    EXPECT_THAT(list.output, Not(HasSubstr(name)));
  }
}

}  // namespace
}  // namespace arbiter::testing
