// SPDX-License-Identifier: Apache-2.0
#include "io/data_dir.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string csv_of(int tp_size, const std::string& strategy) {
  return "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us)\n" + std::to_string(tp_size) +
         ",bfloat16,2048,1,1024," + strategy + ",NONE,5\n";
}

std::string csv_of_run(int tp_size, const std::string& strategy, const std::string& run_id) {
  return "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us),run_id,schema\n" +
         std::to_string(tp_size) + ",bfloat16,2048,1,1024," + strategy + ",NONE,5," + run_id + ",3\n";
}

Provenance run_on(const std::string& run_id, const std::string& driver, const std::string& seed = "1") {
  Provenance run;
  run.run_id = run_id;
  run.date = "2026-11-28T03:13:57Z";
  run.version = "0.2.0";
  run.settings = {{"measurement.seed", seed}};
  run.machine = {"sm90", {{"driver", driver}}};
  return run;
}

class DataDir : public ::testing::Test {
 protected:
  [[nodiscard]] std::string mistake(const std::string& platform, const DataDirOptions& options = {}) const {
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

TEST_F(DataDir, ReadsOneFileOfAnyNameWithTheRunsItNames) {
  const auto file = dir_.write("mine.csv", csv_of_run(2, "A", "one"));
  write_provenance(dir_.path(), run_on("one", "580.1"));
  const auto contents = read_data_file(file);
  EXPECT_THAT(contents.dataset.strategies(), ElementsAre("A"));
  ASSERT_EQ(contents.runs.size(), 1U);
  EXPECT_EQ(contents.runs.front().run_id, "one");
  EXPECT_TRUE(contents.holdout.empty());
  dir_.write("mixed.csv", csv_of_run(2, "A", "one") + "2,bfloat16,2048,1,1024,B,NONE,5,unknown,3\n");
  EXPECT_THROW(static_cast<void>(read_data_file(dir_.path() / "mixed.csv")), DataError);
  EXPECT_EQ(read_data_file(dir_.path() / "mixed.csv", {.allow_mixed = true}).mixed.size(), 1U);
}

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

TEST_F(DataDir, JoinsThePartsOfOneConfigOnOneMachine) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of_run(2, "A", "one"));
  dir_.write("benchmark.tp4.sm90.csv", csv_of_run(4, "B", "two"));
  write_provenance(dir_.path(), run_on("one", "580.1"));
  write_provenance(dir_.path(), run_on("two", "580.1"));
  const auto contents = read_data_dir(dir_.path(), "");
  EXPECT_THAT(contents.dataset.strategies(), ElementsAre("A", "B"));
  EXPECT_THAT(contents.mixed, ElementsAre());
  ASSERT_EQ(contents.runs.size(), 2U);
  EXPECT_EQ(contents.runs[0].run_id, "one");
}

TEST_F(DataDir, RefusesRunsOfDifferentDriversByNameUnlessAllowed) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of_run(2, "A", "one"));
  dir_.write("benchmark.tp4.sm90.csv", csv_of_run(4, "B", "two"));
  write_provenance(dir_.path(), run_on("one", "580.1"));
  write_provenance(dir_.path(), run_on("two", "590.2"));
  const std::string difference =
      "run one of 2026-11-28T03:13:57Z (benchmark.tp2.sm90.csv) and run two of 2026-11-28T03:13:57Z "
      "(benchmark.tp4.sm90.csv) differ in driver: 580.1 / 590.2";
  EXPECT_EQ(mistake(""), dir_.path().string() +
                             ": rows of runs that differ are not joined, unless --allow_mixed says so: " + difference);
  const auto contents = read_data_dir(dir_.path(), "", {.allow_mixed = true});
  EXPECT_THAT(contents.dataset.strategies(), ElementsAre("A", "B"));
  EXPECT_THAT(contents.mixed, ElementsAre(difference));
}

TEST_F(DataDir, RefusesOtherSettingsAndTheStaleHoldoutOfAnEarlierRun) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of_run(2, "A", "one"));
  dir_.write("benchmark.tp2.sm90.holdout.csv", csv_of_run(2, "A", "two"));
  write_provenance(dir_.path(), run_on("one", "580.1"));
  write_provenance(dir_.path(), run_on("two", "580.1", "2"));
  EXPECT_THAT(mistake(""), AllOf(HasSubstr("benchmark.tp2.sm90.holdout.csv"), HasSubstr("measurement.seed: 1 / 2")));
}

TEST_F(DataDir, RefusesRowsOfTwoRunsInOneFile) {
  auto rows = csv_of_run(2, "A", "one");
  rows += "2,bfloat16,4096,2,1024,A,NONE,5,two,3\n";
  dir_.write("benchmark.tp2.sm90.csv", rows);
  write_provenance(dir_.path(), run_on("one", "580.1"));
  write_provenance(dir_.path(), run_on("two", "590.2"));
  EXPECT_THAT(mistake(""), HasSubstr("driver: 580.1 / 590.2"));
}

TEST_F(DataDir, RefusesKnownBesideUnknown) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of_run(2, "A", "one"));
  write_provenance(dir_.path(), run_on("one", "580.1"));
  dir_.write("benchmark.tp4.sm90.csv", csv_of(4, "B"));
  EXPECT_THAT(mistake(""), HasSubstr("and rows without a run id (benchmark.tp4.sm90.csv): not known whether they are "
                                     "of one machine"));
  dir_.write("benchmark.tp4.sm90.csv", csv_of_run(4, "B", "lost"));
  EXPECT_THAT(mistake(""), HasSubstr("and run lost without its run.lost.json (benchmark.tp4.sm90.csv)"));
  std::filesystem::remove(dir_.path() / "benchmark.tp2.sm90.csv");
  EXPECT_THAT(read_data_dir(dir_.path(), "").dataset.strategies(), ElementsAre("B"));
}

TEST_F(DataDir, OfCsvsWithoutRunIdsSaysWhatTheirMachineFilesDifferIn) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of(2, "A"));
  dir_.write("benchmark.tp2.sm90.machine.json", R"({"platform": "sm90", "facts": {"gpus": "2"}})");
  dir_.write("benchmark.tp4.sm90.csv", csv_of(4, "B"));
  dir_.write("benchmark.tp4.sm90.machine.json", R"({"platform": "sm90", "facts": {"gpus": "4"}})");
  EXPECT_THAT(
      read_data_dir(dir_.path(), "").mixed,
      ElementsAre("the machine files of benchmark.tp2.sm90.csv and benchmark.tp4.sm90.csv differ in gpus: 2 / 4"));
}

TEST_F(DataDir, BeforeARunSetsAsideWhatMayNotBeJoinedWithIt) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of_run(2, "A", "same"));
  dir_.write("benchmark.tp2.sm90.holdout.csv", csv_of_run(2, "A", "stale"));
  dir_.write("benchmark.tp4.sm90.csv", csv_of(4, "B"));
  dir_.write("benchmark.tp8.sm90.csv", "no CSV at all");
  dir_.write("benchmark.tp4.cpu.csv", csv_of(4, "C"));
  write_provenance(dir_.path(), run_on("same", "580.1"));
  write_provenance(dir_.path(), run_on("stale", "570.0"));
  const auto lines = set_aside_stale_csvs(dir_.path(), run_on("now", "580.1"));
  EXPECT_THAT(lines,
              ElementsAre(AllOf(HasSubstr("benchmark.tp4.sm90.csv is now benchmark.tp4.sm90.csv.1, "),
                                HasSubstr("rows without a run id")),
                          HasSubstr("benchmark.tp8.sm90.csv is now benchmark.tp8.sm90.csv.1, "),
                          AllOf(HasSubstr("benchmark.tp2.sm90.holdout.csv is now benchmark.tp2.sm90.holdout.csv.1, "),
                                HasSubstr("run stale of 2026-11-28T03:13:57Z"), HasSubstr("driver: 570.0 / 580.1"))));
  for (const char* kept : {"benchmark.tp2.sm90.csv", "benchmark.tp4.cpu.csv", "benchmark.tp4.sm90.csv.1"}) {
    EXPECT_TRUE(std::filesystem::exists(dir_.path() / kept)) << kept;
  }
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "benchmark.tp2.sm90.holdout.csv"));
  EXPECT_THAT(read_data_dir(dir_.path(), "sm90").dataset.strategies(), ElementsAre("A"));
  EXPECT_THAT(set_aside_stale_csvs(dir_.path() / "none", run_on("now", "580.1")), ElementsAre());
}

TEST_F(DataDir, ReadsTimesOverBytesBesideTheCellsAndNeverAsCells) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of(2, "A"));
  dir_.write("perf.txt", "op_name,kernel_source,nccl_dtype,num_gpus,message_size,latency\nall_reduce,K,half,2,8,0.5\n");
  dir_.write("all_reduce.log",
             "# nThread 1 nGpus 2 minBytes 8\n# size count type redop root time algbw busbw #wrong\n"
             "8 4 half sum -1 5.5 0 0 0\n");
  dir_.write("bytes.csv", "strategy,size_bytes,time_us\nONESHOT,64,2.5\n");
  dir_.write("notes.json", "{}");
  const DataDirContents contents = read_data_dir(dir_.path(), "");
  EXPECT_EQ(contents.dataset.rows().size(), 1U);
  ASSERT_EQ(contents.curves.size(), 3U);
  EXPECT_EQ(contents.curves[0].name, "NCCL");
  EXPECT_EQ(contents.curves[1].name, "ONESHOT");
  EXPECT_EQ(contents.curves[2].name, "K");
  EXPECT_TRUE(contents.warnings.empty());
}

TEST_F(DataDir, NamesFilesThatItKnowsAndDoesNotRead) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of(2, "A"));
  dir_.write("benchmark.tp2.H200.csv", csv_of(2, "B"));
  dir_.write("perf.parquet", "PAR1");
  const DataDirContents contents = read_data_dir(dir_.path(), "");
  EXPECT_THAT(contents.dataset.strategies(), ElementsAre("A"));
  EXPECT_THAT(contents.warnings,
              ElementsAre(AllOf(HasSubstr("benchmark.tp2.H200.csv"), HasSubstr("to have its cells read")),
                          AllOf(HasSubstr("perf.parquet"), HasSubstr("found Parquet"))));
}

TEST_F(DataDir, RefusesAMalformedFileOfAnotherToolUnlessItIsToBeSkipped) {
  dir_.write("benchmark.tp2.sm90.csv", csv_of(2, "A"));
  dir_.write("bytes.csv", "strategy,size_bytes,time_us\nONESHOT,64,1e13\nONESHOT,128,2.5\n");
  EXPECT_THAT(mistake(""), HasSubstr("bytes.csv:2: column 'time (us)': found '1e13', allowed microseconds"));
  const DataDirContents contents = read_data_dir(dir_.path(), "", {.skip_bad_rows = true});
  EXPECT_EQ(contents.skipped_rows, 1);
  EXPECT_EQ(contents.curves.at(0).points.size(), 1U);
}

TEST_F(DataDir, SaysWhatAFolderWithoutCellsHasInstead) {
  dir_.write("bytes.csv", "strategy,size_bytes,time_us\nONESHOT,64,2.5\n");
  dir_.write("benchmark.tp2.H200.csv", csv_of(2, "B"));
  EXPECT_THAT(
      mistake(""),
      AllOf(HasSubstr("found no benchmark.tp<N>.<cpu|smV>.csv"), HasSubstr("bytes.csv has times over bytes, no cells"),
            HasSubstr("benchmark.tp2.H200.csv has cells, but its name does not say the platform")));
  dir_.write("benchmark.tp2.sm90.csv", "strategy,size_bytes,time_us\nONESHOT,64,2.5\n");
  EXPECT_THAT(mistake(""), HasSubstr("found times over bytes only"));
}

}  // namespace arbiter::test
