// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <fstream>

#include <sys/mount.h>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

class Faults : public RunnerFixture {
 protected:
  /// Every line is whole: it reads back as it was written.
  void expect_csv_intact() const {
    const auto file = out() / "unfinished/benchmark.tp3.cpu.csv";
    const auto text = read_file(file);
    ASSERT_THAT(text, Not(IsEmpty()));
    EXPECT_EQ(text.back(), '\n');
    EXPECT_GE(read_csv(file).dataset.rows().size(), 9U);
  }
};

TEST_F(Faults, AKilledRankIsReplacedAndTheSweepGoesOn) {
  Process sweep({RUNNER, "--config", long_sweep().string()}, {own_shared_memory()});
  ASSERT_TRUE(sweep.wait_for_output("[3/1000]", seconds(60))) << sweep.output();
  const auto ranks = descendants(sweep.pid(), "runner");
  ASSERT_EQ(ranks.size(), 3U);
  ::kill(ranks[1], SIGKILL);
  ASSERT_TRUE(sweep.wait_for_output("new ranks continue", seconds(60))) << sweep.output();
  EXPECT_THAT(sweep.output(), HasSubstr("was killed by signal 9 (Killed)"));
  for (const pid_t rank : ranks) EXPECT_TRUE(ends(rank)) << "rank still runs: " << rank;
  ASSERT_TRUE(sweep.wait_for_output("[3/9", seconds(60))) << "no new ranks with less to do\n" << sweep.output();
  ::kill(sweep.pid(), SIGINT);
  EXPECT_EQ(sweep.wait(seconds(60)), 1) << sweep.output();
  EXPECT_THAT(sweep.output(), Not(HasSubstr("failed"))) << "one kill is nobody's fault";
  EXPECT_THAT(sweep.output(), AllOf(HasSubstr("interrupted"), HasSubstr("finished rows are kept in"),
                                    HasSubstr("the same command with --resume goes on from there")));
  expect_csv_intact();
  EXPECT_FALSE(fs::exists(out() / "unfinished/benchmark.tp3.cpu.csv.1"));
  EXPECT_THAT(left_in_shared_memory(), IsEmpty());
}

class EndsOfMpirun : public Faults, public ::testing::WithParamInterface<int> {};

TEST_P(EndsOfMpirun, CostNoCellAndLeaveNothingBehind) {
  const auto temporary = dir_ / "tmp";
  fs::create_directories(temporary);
  Process sweep({RUNNER, "--config", long_sweep().string()}, {own_shared_memory(), "TMPDIR=" + temporary.string()});
  ASSERT_TRUE(sweep.wait_for_output("[3/1000]", seconds(60))) << sweep.output();
  const auto ranks = descendants(sweep.pid(), "runner");
  const auto mpirun = descendants(sweep.pid(), "mpirun");
  ASSERT_EQ(mpirun.size(), 1U);
  ::kill(mpirun.front(), GetParam());
  ASSERT_TRUE(sweep.wait_for_output("; new ranks continue", seconds(60))) << sweep.output();
  for (const pid_t rank : ranks) EXPECT_TRUE(ends(rank)) << "rank still runs: " << rank;
  ASSERT_TRUE(sweep.wait_for_output("[3/9", seconds(60))) << "no new ranks with less to do\n" << sweep.output();
  ::kill(sweep.pid(), SIGINT);
  EXPECT_EQ(sweep.wait(seconds(20)), 1) << sweep.output();
  EXPECT_THAT(sweep.output(), Not(HasSubstr("new ranks continue after it"))) << "a cell is charged";
  const auto rows = read_csv(out() / "unfinished/benchmark.tp3.cpu.csv").dataset.rows();
  for (const auto& row : rows) {
    EXPECT_FALSE(row.failed) << to_string(row.problem);
  }
  EXPECT_THAT(left_in_shared_memory(), IsEmpty());
  EXPECT_TRUE(fs::is_empty(temporary));
}

INSTANTIATE_TEST_SUITE_P(Signals, EndsOfMpirun, ::testing::Values(SIGTERM, SIGKILL));

TEST_F(Faults, AnOutputThatNobodyReadsCostsNoCell) {
  // Long enough for mpirun to notice.
  const auto config = small_sweep("sinks: [csv]\n");
  const auto result =
      run({"/bin/sh", "-c",
           RUNNER " --config " + config.string() +
               " --set measurement.time_target_ms=150 --set measurement.precision_percent=0.01 | head -1"});
  EXPECT_THAT(result.output, HasSubstr("nobody reads the standard output"));
  for (const char* tp_size : {"2", "3"}) {
    const auto rows = read_csv(out() / ("benchmark.tp" + std::string(tp_size) + ".cpu.csv")).dataset.rows();
    EXPECT_EQ(rows.size(), 8U * 3U);
    for (const auto& row : rows) EXPECT_TRUE(row.usable()) << row.reason;
  }
}

TEST_F(Faults, AnInterruptEndsTheRunAndKeepsTheRows) {
  Process sweep({RUNNER, "--config", long_sweep().string()}, {own_shared_memory()});
  ASSERT_TRUE(sweep.wait_for_output("[3/1000]", seconds(60))) << sweep.output();
  const auto ranks = descendants(sweep.pid(), "runner");
  ASSERT_EQ(ranks.size(), 3U);
  ::kill(sweep.pid(), SIGINT);
  EXPECT_EQ(sweep.wait(seconds(60)), 1) << sweep.output();
  EXPECT_THAT(sweep.output(),
              AllOf(HasSubstr("interrupted"), HasSubstr("runner --data_dir " + (out() / "unfinished").string())));
  expect_csv_intact();
  for (const pid_t rank : ranks) EXPECT_TRUE(ends(rank)) << "rank still runs: " << rank;
  EXPECT_THAT(left_in_shared_memory(), IsEmpty());
}

TEST_F(Faults, WhatAnInterruptedRunKeptMakesATable) {
  Process sweep({RUNNER, "--config", long_sweep().string()});
  ASSERT_TRUE(sweep.wait_for_output("[3/1000]", seconds(60))) << sweep.output();
  ::kill(sweep.pid(), SIGTERM);
  EXPECT_EQ(sweep.wait(seconds(60)), 1) << sweep.output();
  const auto kept = out() / "unfinished";
  const auto result = runner({"--data_dir", kept.string(), "--output_dir", kept.string()});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(fs::exists(kept / "gen_heuristic_code/generated_lookup_table.cpp"));
}

TEST_F(Faults, KillingTheRunnerEndsItsRanks) {
  Process sweep({RUNNER, "--config", long_sweep().string()});
  ASSERT_TRUE(sweep.wait_for_output("[1/1000]", seconds(60))) << sweep.output();
  const auto ranks = descendants(sweep.pid(), "runner");
  ASSERT_EQ(ranks.size(), 3U);
  ::kill(sweep.pid(), SIGKILL);
  EXPECT_EQ(sweep.wait(seconds(60)), 128 + SIGKILL);
  for (const pid_t rank : ranks) EXPECT_TRUE(ends(rank)) << "rank still runs: " << rank;
}

TEST_F(Faults, AFullDiskStopsTheSweepAndIsNamed) {
  fs::create_directories(out());
  if (::mount("arbiter_test", out().c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "mounting a small file system needs privileges";
  }
  const auto result = runner({"--config", long_sweep().string()});
  std::string csv;
  for (const auto& entry : fs::directory_iterator(out() / "unfinished")) {
    if (entry.path().extension() == ".csv") csv = read_file(entry.path());
  }
  ::umount2(out().c_str(), MNT_DETACH);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("benchmark.tp3.cpu.csv"), HasSubstr("No space left on device")));
  ASSERT_THAT(csv, Not(IsEmpty()));
  EXPECT_EQ(csv.back(), '\n') << "the last row is whole";
}

TEST_F(Faults, APluginThatCannotBeReadIsToldAndTheRunGoesOn) {
  fs::create_directories(dir_ / "plugins");
  fs::create_symlink(dir_ / "absent", dir_ / "plugins/dangling.so");
  const auto result =
      runner({"--config", small_sweep("sinks: [summary]\n").string(), "--plugin_dir", (dir_ / "plugins").string()});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr((dir_ / "plugins/dangling.so").string() + ": cannot be read: No such file"));
}

TEST_F(Faults, WithoutMpirunTheRunSaysWhatIsMissing) {
  const auto result = runner({"--config", small_sweep().string()}, {"ARBITER_MPIRUN=" + (dir_ / "absent").string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("Open MPI"), HasSubstr("No such file")));
}

}  // namespace
}  // namespace arbiter::testing
