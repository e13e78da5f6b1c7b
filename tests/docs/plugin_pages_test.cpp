// SPDX-License-Identifier: Apache-2.0
// docs/writing-a-plugin.md and docs/engines.md: their commands, one after the other in an empty folder, as a reader
// types them, and what they leave there.
#include <regex>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "docs/pages.hpp"
#include "io/data_dir.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* plugins_page = SOURCE "/docs/writing-a-plugin.md";
constexpr const char* engines_page = SOURCE "/docs/engines.md";

/// How many rows a strategy has in the results of a page, each of which must be a verified time.
int rows_of(const std::string& strategy, const fs::path& results) {
  int measured = 0;
  const Dataset dataset = read_data_dir(results, "cpu").dataset;
  for (const Measurement& row : dataset.rows()) {
    EXPECT_TRUE(row.usable() && row.error <= 1.0) << row.strategy << ", " << to_string(row.problem);
    if (row.strategy == strategy) ++measured;
  }
  return measured;
}

TEST(WritingAPlugin, TakesAReaderFromAnEmptyFolderToTheRingBesideTheOthers) {
  ASSERT_GE(blocks_in(plugins_page, "sh").size(), 6U);
  const test::TempDir folder;
  const auto page = run_page_with_prefix(plugins_page, folder.path(), {});
  ASSERT_EQ(page.exit_code, 0) << page.output;
  EXPECT_THAT(page.output, AllOf(HasSubstr("chunk_kib: 256"), HasSubstr("RING keeps its contract"),
                                 HasSubstr("_best_strategy.png"), HasSubstr("## tp 2, SCALE_BIAS")));
  EXPECT_EQ(rows_of("RING", folder.path() / "out"), 12);
}

TEST(MeasuringAnEngine, TakesAReaderFromAnEmptyFolderToAnAdapterBesideTheOthers) {
  if (std::string(PYTHON_WITH_NUMPY).empty()) GTEST_SKIP() << "no Python with NumPy (Debian: python3-numpy)";
  const test::TempDir folder;
  const auto page = run_page_with_prefix(engines_page, folder.path(), {"PYTHON=" PYTHON_WITH_NUMPY});
  ASSERT_EQ(page.exit_code, 0) << page.output;
  EXPECT_EQ(rows_of("MINE", folder.path() / "out"), 8);
}

TEST(WritingAPlugin, ShowsTheTemplatesBuildFileAsItIs) {
  const auto shown = blocks_in(plugins_page, "cmake");
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_THAT(read_file(SOURCE "/plugins/template/ring/CMakeLists.txt"), ::testing::EndsWith(shown.front()));
}

TEST(WritingAPlugin, NamesInstalledHeadersOnly) {
  const std::string text = read_file(plugins_page);
  static const std::regex name("`(arbiter/[a-z0-9_/]+[.](hpp|cuh))`");
  int named = 0;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), name); match != std::sregex_iterator(); ++match) {
    ++named;
    EXPECT_TRUE(fs::exists(fs::path(PREFIX) / "include" / (*match)[1].str())) << (*match)[1];
  }
  EXPECT_GT(named, 10);
}

}  // namespace
}  // namespace arbiter::testing
