// SPDX-License-Identifier: Apache-2.0
#include "io/data_dir.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string csv_of(int tp_size, const std::string& strategy) {
  return "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us)\n" + std::to_string(tp_size) +
         ",bfloat16,2048,1,1024," + strategy + ",NONE,5\n";
}

class DataDir : public ::testing::Test {
 protected:
  [[nodiscard]] std::string mistake(const std::string& platform, const CsvReadOptions& options = {}) const {
    try {
      static_cast<void>(read_data_dir(dir_.path(), platform, options));
    } catch (const DataError& error) {
      return error.what();
    }
    return "no mistake";
  }
  TempDir dir_;
};

}  // namespace

TEST_F(DataDir, ReadsEveryTpSizeAscending) {
  dir_.write("benchmark.tp16.sm90.csv", csv_of(16, "C"));
  dir_.write("benchmark.tp2.sm90.csv", csv_of(2, "A"));
  dir_.write("benchmark.tp4.sm90.csv", csv_of(4, "B"));
  dir_.write("benchmark.tp2.sm90.csv.1", "an older one");
  dir_.write("benchmark.tp2.B200.csv", "another tool's");
  dir_.write("benchmark.tp02.sm90.csv", "another tool's");
  dir_.write("notes.csv", "none of ours");
  const Dataset data = read_data_dir(dir_.path(), "").dataset;
  EXPECT_THAT(data.strategies(), ElementsAre("A", "B", "C"));
  EXPECT_EQ(data.machine().platform, "sm90");
}

TEST_F(DataDir, ReadsTheHoldoutApartAndMarksItsRows) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of(2, "A"));
  dir_.write("benchmark.tp2.sm90.machine.json", R"({"platform": "sm90", "facts": {"gpu": "H200"}})");
  dir_.write("benchmark.tp2.sm90.holdout.csv", csv_of(2, "B"));
  dir_.write("benchmark.tp4.sm90.holdout.csv", csv_of(4, "C"));
  dir_.write("benchmark.tp4.sm100.holdout.csv", csv_of(4, "D"));
  const DataDirContents contents = read_data_dir(dir_.path(), "");
  EXPECT_THAT(contents.dataset.strategies(), ElementsAre("A"));
  EXPECT_FALSE(contents.dataset.rows().front().holdout);
  EXPECT_THAT(contents.holdout.strategies(), ElementsAre("B", "C"));
  for (const Measurement& row : contents.holdout.rows()) EXPECT_TRUE(row.holdout);
  EXPECT_EQ(contents.holdout.machine().facts.at("gpu"), "H200");
}

TEST_F(DataDir, AHoldoutAloneIsNoData) {
  dir_.write("benchmark.tp2.sm90.holdout.csv", csv_of(2, "B"));
  EXPECT_THAT(mistake(""), HasSubstr("found no benchmark.tp<N>.<cpu|smV>.csv"));
}

TEST_F(DataDir, SkipsBadRowsOfTheHoldoutTooAndCountsThem) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of(2, "A"));
  dir_.write("benchmark.tp2.sm90.holdout.csv", csv_of(4, "B"));
  EXPECT_THAT(mistake(""), HasSubstr("benchmark.tp2.sm90.holdout.csv:2: column 'world_size'"));
  EXPECT_EQ(read_data_dir(dir_.path(), "", {.skip_bad_rows = true}).skipped_rows, 1);
}

TEST_F(DataDir, CountsTheBadRowsOfAllFiles) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of(3, "A") + "3,bfloat16,2048,1,1024,B,NONE,5\n");
  dir_.write("benchmark.tp4.sm90.csv", csv_of(3, "A"));
  dir_.write("benchmark.tp8.sm90.csv", csv_of(8, "C"));
  dir_.write("benchmark.tp2.sm90.holdout.csv", csv_of(3, "A"));
  dir_.write("benchmark.tp4.sm90.holdout.csv", csv_of(3, "A"));
  const CsvContents contents = read_data_dir(dir_.path(), "", {.skip_bad_rows = true});
  EXPECT_EQ(contents.skipped_rows, 5);
  EXPECT_EQ(contents.warnings.size(), 5U);
  EXPECT_THAT(contents.dataset.strategies(), ElementsAre("C"));
}

TEST_F(DataDir, ReadsThePlatformsThatNvccNames) {
  for (const std::string platform : {"cpu", "sm90", "sm90a", "sm100f", "sm120"}) {
    TempDir dir;
    dir.write("benchmark.tp2." + platform + ".csv", csv_of(2, "A"));
    EXPECT_EQ(read_data_dir(dir.path(), "").dataset.rows().size(), 1U) << platform;
  }
}

TEST_F(DataDir, LeavesFilesOfOtherNamesAlone) {
  for (const std::string middle :
       {"tp-2.cpu", "tp0.cpu", "tp.cpu", "tp2", "tp2.", "tp2cpu", "tp2-cpu", "tp02.cpu", "tp2x.cpu", "tp2.cpu2",
        "tp2.sm", "tp2.sma", "tp2.smf", "tp2.sm90b", "tp2.sm9a0", "tp2.cpu.old", "tp2.holdout", "tp99999999999.cpu"}) {
    TempDir dir;
    dir.write("benchmark." + middle + ".csv", csv_of(2, "A"));
    try {
      static_cast<void>(read_data_dir(dir.path(), ""));
      ADD_FAILURE() << middle << " was read";
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr("found no benchmark.tp<N>.<cpu|smV>.csv")) << middle;
    }
  }
}

TEST_F(DataDir, SeveralPlatformsNeedAName) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of(2, "A"));
  dir_.write("benchmark.tp2.cpu.csv", csv_of(2, "B"));
  EXPECT_THAT(mistake(""), HasSubstr("several platforms (cpu, sm90)"));
  EXPECT_THAT(read_data_dir(dir_.path(), "cpu").dataset.strategies(), ElementsAre("B"));
  EXPECT_THAT(mistake("sm100"), HasSubstr("found no benchmark.tp<N>.sm100.csv; platforms there: cpu, sm90"));
}

TEST_F(DataDir, WithoutFilesOrAFolderSaysSo) {
  EXPECT_THAT(mistake(""), HasSubstr("found no benchmark.tp<N>.<cpu|smV>.csv"));
  EXPECT_THROW(static_cast<void>(read_data_dir(dir_.path() / "none", "")), DataError);
}

TEST_F(DataDir, AWorldSizeOtherThanTheFileNamesIsRefused) {
  dir_.write("benchmark.tp2.cpu.csv", csv_of(4, "A"));
  EXPECT_THAT(mistake(""), HasSubstr("benchmark.tp2.cpu.csv:2: column 'world_size': found '4', allowed 2, as in the "
                                     "file's name"));
  const CsvContents contents = read_data_dir(dir_.path(), "", {.skip_bad_rows = true});
  EXPECT_EQ(contents.skipped_rows, 1);
  EXPECT_EQ(contents.warnings.size(), 1U);
}

}  // namespace arbiter::test
