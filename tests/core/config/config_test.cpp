// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "support/temp_dir.hpp"

namespace arbiter {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal(const fs::path& file) {
  try {
    static_cast<void>(ConfigText::from_file(file));
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::usage);
    return error.what();
  }
  return "accepted";
}

TEST(ConfigFile, ThatCannotBeReadIsNamed) {
  const test::TempDir dir;
  EXPECT_EQ(refusal(dir.path()), dir.path().string() + ": found a folder; allowed: a YAML file");
  EXPECT_EQ(refusal(dir.path() / "none.yaml"),
            (dir.path() / "none.yaml").string() + ": cannot read it: No such file or directory");
  const fs::path secret = dir.write("secret.yaml", "a: 1\n");
  ASSERT_EQ(::chmod(secret.c_str(), 0), 0);
  // Root reads everything, and then the file is a good one.
  const bool root = ::geteuid() == 0;
  EXPECT_EQ(refusal(secret), root ? "accepted" : secret.string() + ": cannot read it: Permission denied");
}

TEST(ConfigFile, ThatIsNoMapIsNamed) {
  const test::TempDir dir;
  const std::string allowed = "allowed: a map of keys, of which problems says what to measure";
  const fs::path empty = dir.write("empty.yaml", "");
  EXPECT_EQ(refusal(empty), empty.string() + ": the file is empty; " + allowed);
  const fs::path comment = dir.write("comment.yaml", "# nothing yet\n");
  EXPECT_EQ(refusal(comment), comment.string() + ": the file is empty; " + allowed);
  const fs::path list = dir.write("list.yaml", "\n- 1\n");
  EXPECT_EQ(refusal(list), list.string() + ":2:1: found a list; " + allowed);
  const fs::path glued = dir.write("glued.yaml", "backend:host\n");
  EXPECT_EQ(refusal(glued),
            glued.string() + ":1:1: found backend:host; " + allowed + "; is there a space after each ':'?");
}

TEST(ConfigFile, ThatIsNoYamlIsNamedWithThePosition) {
  const test::TempDir dir;
  const fs::path file = dir.write("broken.yaml", "problems:\n  tp_size: [2, 4\n  dtype: bf16\n");
  EXPECT_THAT(refusal(file), ::testing::StartsWith(file.string() + ":3:"));
  const fs::path tab = dir.write("tab.yaml", "problems:\n\ttp_size: 2\n");
  EXPECT_EQ(refusal(tab),
            tab.string() +
                ":2:9: not YAML: illegal map value; is the line above complete and indented alike, with spaces, "
                "not tabs?");
}

TEST(ConfigFile, ThatIsNoTextIsRefusedWithoutReadingAllOfIt) {
  EXPECT_EQ(refusal("/dev/zero"), "/dev/zero: found more than 1 MiB; allowed: less");
  EXPECT_THAT(refusal("/proc/self/exe"), HasSubstr("/proc/self/exe:"));
}

TEST(ConfigFile, KeepsItsTextForOtherRanks) {
  const test::TempDir dir;
  const fs::path file = dir.write("sweep.yaml", "backend: host\n");
  const ConfigText text = ConfigText::from_file(file, {"backend=auto"});
  EXPECT_EQ(text.text(), "backend: host\n");
  EXPECT_EQ(text.source(), file.string());
  EXPECT_THAT(text.overrides(), ElementsAre("backend=auto"));
}

TEST(PluginDirs, AreRelativeToTheFileAndSkipWhatIsNotThere) {
  const test::TempDir dir;
  fs::create_directories(dir.path() / "mine");
  const fs::path file = dir.write("sweep.yaml", "plugins: [mine, gone, /]\n");
  EXPECT_THAT(ConfigText::from_file(file).plugin_dirs(), ElementsAre(dir.path() / "mine", fs::path("/")));
  EXPECT_THAT(ConfigText::from_file(file, {"plugins=."}).plugin_dirs(), ElementsAre(fs::path(".")));
  EXPECT_THAT(ConfigText("backend: host\n", "sweep.yaml").plugin_dirs(), ::testing::IsEmpty());
}

TEST(PluginDirs, ThatDoNotExistAreReportedByTheValidation) {
  const test::TempDir dir;
  const fs::path file = dir.write("sweep.yaml", "plugins: [gone]\n");
  try {
    static_cast<void>(ConfigText::from_file(file).validate(PluginHost(), true));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr(file.string() + ":1:11: plugins: found " + (dir.path() / "gone").string() +
                                        "; allowed: a folder that exists"));
  }
}

/// The plugins that were built.
class ShippedConfigs : public ::testing::Test {
 protected:
  void SetUp() override { plugins_.load_dir(BUILT_PLUGINS); }
  PluginHost plugins_;
};

TEST_F(ShippedConfigs, AllValidate) {
  int count = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(CONFIGS)) {
    if (file.path().extension() != ".yaml") continue;
    ++count;
    // A GPU's sweep is checked on every machine as far as its plugins are there.
    const bool on_gpu = read_file(file.path()).find("backend: cuda") != std::string::npos;
    EXPECT_NO_THROW(static_cast<void>(ConfigText::from_file(file.path()).validate(plugins_, on_gpu))) << file.path();
  }
  EXPECT_GE(count, 2);
}

TEST_F(ShippedConfigs, QuickstartRunsEveryStrategyOfTheHost) {
  const fs::path file = fs::path(CONFIGS) / "quickstart.yaml";
  const Config config = ConfigText::from_file(file).validate(plugins_);
  EXPECT_EQ(config.backend, "host");
  EXPECT_THAT(config.tp_sizes, ElementsAre(2, 4));
  EXPECT_EQ(config.fusions.size(), 4U);
  EXPECT_EQ(config.strategies.size(), 4U);
  EXPECT_EQ(config.heuristics.size(), 2U);
  EXPECT_EQ(config.sinks.size(), 8U);
  EXPECT_EQ(config.holdout.size(), 2U);
}

TEST_F(ShippedConfigs, TheBuiltInDefaultsAreTheSeedGrid) {
  const ConfigText builtin = ConfigText::builtin();
  EXPECT_EQ(builtin.text(), read_file(fs::path(CONFIGS) / "seed.yaml"));
  const Config config = builtin.validate(plugins_, true);
  EXPECT_EQ(config.source, "built-in defaults (configs/seed.yaml)");
  EXPECT_EQ(config.output_dir, "out/seed");
  EXPECT_THAT(config.tp_sizes, ElementsAre(2, 4, 8));
  EXPECT_EQ(config.fusions.size(), 4U);
  EXPECT_EQ(config.hidden_sizes.front(), 128);
  EXPECT_EQ(config.hidden_sizes.size(), 7U);
  EXPECT_EQ(config.num_tokens.back(), 16384);
  EXPECT_EQ(config.num_tokens.size(), 15U);
}

}  // namespace
}  // namespace arbiter
