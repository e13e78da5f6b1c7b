// SPDX-License-Identifier: Apache-2.0
// The commands of docs/writing-a-plugin.md and docs/engines.md, one after the other in an empty folder, as a reader
// types them.
#include <chrono>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "io/data_dir.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* plugins_page = SOURCE "/docs/writing-a-plugin.md";
constexpr const char* engines_page = SOURCE "/docs/engines.md";

/// The blocks of a page in one language, in order.
std::vector<std::string> blocks(const std::string& page, const std::string& language) {
  std::vector<std::string> found;
  bool inside = false;
  std::istringstream text(read_file(page));
  for (std::string line; std::getline(text, line);) {
    if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      found.back() += line + "\n";
    } else if (line == "```" + language) {
      inside = true;
      found.emplace_back();
    }
  }
  return found;
}

TEST(WritingAPlugin, TakesAReaderFromAnEmptyFolderToTheRingBesideTheOthers) {
  const auto commands = blocks(plugins_page, "sh");
  ASSERT_GE(commands.size(), 6U);
  std::string script;
  for (const auto& block : commands) script += block;
  const test::TempDir folder;
  const test::TempDir aside;
  const auto file = aside.write("page.sh", "set -eo pipefail\ncd '" + folder.path().string() + "'\n" + script);

  Process page_run({"bash", file}, {"ARBITER_PREFIX=" WORK "/prefix", "CXX=" CXX, "CXXFLAGS=" CXX_FLAGS,
                                    "CMAKE_BUILD_PARALLEL_LEVEL=2"});
  ASSERT_EQ(page_run.wait(std::chrono::seconds(280)), 0) << page_run.output();
  EXPECT_THAT(page_run.output(), AllOf(HasSubstr("chunk_kib: 256"), HasSubstr("RING keeps its contract"),
                                       HasSubstr("_best_strategy.png"), HasSubstr("## tp 2, SCALE_BIAS")));
  int measured = 0;
  const Dataset dataset = read_data_dir(folder.path() / "out", "cpu").dataset;
  for (const Measurement& row : dataset.rows()) {
    EXPECT_TRUE(row.usable() && row.error <= 1.0) << row.strategy << ", " << to_string(row.problem);
    if (row.strategy == "RING") ++measured;
  }
  EXPECT_EQ(measured, 12);
}

TEST(MeasuringAnEngine, TakesAReaderFromAnEmptyFolderToAnAdapterBesideTheOthers) {
  if (std::string(PYTHON_WITH_NUMPY).empty()) GTEST_SKIP() << "no Python with NumPy (Debian: python3-numpy)";
  std::string script;
  for (const auto& block : blocks(engines_page, "sh")) script += block;
  const test::TempDir folder;
  const test::TempDir aside;
  const auto file = aside.write("page.sh", "set -eo pipefail\ncd '" + folder.path().string() + "'\n" + script);
  Process page_run({"bash", file}, {"ARBITER_PREFIX=" WORK "/prefix", "PYTHON=" PYTHON_WITH_NUMPY});
  ASSERT_EQ(page_run.wait(std::chrono::seconds(120)), 0) << page_run.output();
  int measured = 0;
  const Dataset dataset = read_data_dir(folder.path() / "out", "cpu").dataset;
  for (const Measurement& row : dataset.rows()) {
    EXPECT_TRUE(row.usable() && row.error <= 1.0) << row.strategy << ", " << to_string(row.problem);
    if (row.strategy == "MINE") ++measured;
  }
  EXPECT_EQ(measured, 8);
}

TEST(WritingAPlugin, ShowsTheTemplatesBuildFileAsItIs) {
  const auto shown = blocks(plugins_page, "cmake");
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_THAT(read_file(SOURCE "/plugins/template/ring/CMakeLists.txt"), ::testing::EndsWith(shown.front()));
}

TEST(WritingAPlugin, NamesInstalledHeadersOnly) {
  const std::string text = read_file(plugins_page);
  static const std::regex name("`(arbiter/[a-z0-9_/]+[.](hpp|cuh))`");
  int named = 0;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), name); match != std::sregex_iterator(); ++match) {
    ++named;
    EXPECT_TRUE(fs::exists(fs::path(WORK) / "prefix/include" / (*match)[1].str())) << (*match)[1];
  }
  EXPECT_GT(named, 10);
}

}  // namespace
}  // namespace arbiter::testing
