#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/files.hpp"
#include "config/config.hpp"

namespace arbiter {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

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

TEST_F(ShippedConfigs, QuickstartRunsEverythingOfTheHost) {
  const fs::path file = fs::path(CONFIGS) / "quickstart.yaml";
  const Config config = ConfigText::from_file(file).validate(plugins_);
  EXPECT_EQ(config.backend, "host");
  EXPECT_THAT(config.tp_sizes, ElementsAre(2, 4));
  EXPECT_EQ(config.fusions.size(), 6U);
  EXPECT_EQ(config.strategies.size(), 4U);
  EXPECT_EQ(config.heuristics.size(), 2U);
  EXPECT_EQ(config.sinks.size(), 7U);
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
