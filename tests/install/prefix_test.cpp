// SPDX-License-Identifier: Apache-2.0
// An installed prefix that was moved after the installation.
#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "install/files.hpp"
#include "support/process.hpp"

namespace arbiter::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

const fs::path prefix = fs::path(WORK) / "moved";

TEST(MovedPrefix, TheRunnerFindsEveryBuiltInPlugin) {
  const auto names = plugin_names(fs::path(BUILD) / PLUGINS);
  ASSERT_GT(names.size(), 15U);
  EXPECT_EQ(plugin_names(prefix / PLUGINS), names);
  const auto list = output_of({prefix / "bin/runner", "--list"});
  for (const auto& name : names) EXPECT_THAT(list, HasSubstr((prefix / PLUGINS / (name + ".so")).string()));
  EXPECT_THAT(list, Not(HasSubstr("refused")));
}

TEST(MovedPrefix, TheRunnerPlansAnInstalledConfig) {
  const auto plan =
      output_of({prefix / "bin/runner", "--config", prefix / "share/arbiter/configs/quickstart.yaml", "--dry-run"});
  EXPECT_THAT(plan, HasSubstr("cells to measure"));
}

TEST(MovedPrefix, HasThePythonOfRanksWithoutWhatPythonMakesOfIt) {
  const auto package = prefix / LIBDIR / "arbiter/python/arbiter";
  const auto modules = files_below(package);
  EXPECT_THAT(modules, ::testing::Contains(package / "rank.py"));
  for (const auto& module : modules) EXPECT_EQ(module.extension(), ".py") << module;
}

TEST(MovedPrefix, ItsRankIsLoadedByAnInterpreterThatKnowsNoneOfItsLibraries) {
  if (std::string(PYTHON3).empty()) GTEST_SKIP() << "there is no python3 of version 3.9 or newer";
  const auto result = run({PYTHON3, "-m", "arbiter.rank", prefix / LIBDIR / "libarbiter_rank.so", "--list"},
                          {"PYTHONPATH=" + (prefix / LIBDIR / "arbiter/python").string(), "PYTHONDONTWRITEBYTECODE=1"});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("arbiter.rank is started by the runner"));
}

TEST(MovedPrefix, HasTheHeadersAndTheTemplate) {
  for (const fs::path from : {"core/include", "plugins/sinks/plots/include"}) {
    for (const auto& header : files_below(SOURCE / from)) {
      EXPECT_TRUE(fs::exists(prefix / "include" / fs::relative(header, SOURCE / from))) << header;
    }
  }
  EXPECT_EQ(fs::exists(prefix / "share/arbiter/template"), fs::exists(fs::path(SOURCE) / "plugins/template"));
  EXPECT_TRUE(fs::exists(prefix / "share/doc/arbiter/README.md"));
}

TEST(MovedPrefix, ItsCMakeFilesNameNoPlaceOnThisMachine) {
  const auto files = files_below(prefix / LIBDIR / "cmake/Arbiter");
  EXPECT_GE(files.size(), 6U);
  for (const auto& file : files) {
    const auto text = read_file(file);
    for (const char* place : {BUILD, SOURCE, WORK, "/usr/"}) EXPECT_THAT(text, Not(HasSubstr(place))) << file;
    EXPECT_THAT(text, Not(HasSubstr("find_dependency("))) << file;
  }
}

TEST(MovedPrefix, ItsBinariesLookForLibrariesRelativeToThemselves) {
  const auto binaries = binaries_below(prefix);
  ASSERT_GT(binaries.size(), 18U);
  for (const auto& binary : binaries) {
    for (const auto& line : lines_of(output_of({READELF, "-d", binary}))) {
      // RUNPATH would not serve what a library drags in.
      EXPECT_THAT(line, Not(HasSubstr("RUNPATH"))) << binary;
      if (line.find("RPATH") == std::string::npos) continue;
      EXPECT_THAT(line, HasSubstr("[$ORIGIN")) << binary;
      EXPECT_THAT(line, Not(HasSubstr(":/"))) << binary;
    }
  }
}

}  // namespace
}  // namespace arbiter::testing
