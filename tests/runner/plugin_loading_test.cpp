// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class PluginLoading : public RunnerFixture {
 protected:
  /// A sweep of a few cells with the samples beside the built-in plugins.
  Finished sweep(const std::string& sections, const std::vector<std::string>& environment = {}) {
    const auto file = write("sweep.yaml",
                            "backend: host\n"
                            "problems: {tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}\n"
                            "measurement: {time_target_ms: 5, min_samples: 3, min_sample_us: 20}\n"
                            "output_dir: " +
                                out().string() + "\n" + sections);
    return runner({"--config", file.string(), "--plugin_dir", SAMPLES}, environment);
  }
  [[nodiscard]] std::string csv() const { return read_file(out() / "benchmark.tp2.cpu.csv"); }
};

constexpr const char* only_csv = "heuristics: {}\nsinks: [csv]\n";

TEST_F(PluginLoading, WhatOneMethodThrowsCostsOneCell) {
  for (const char* where : {"prepare", "enqueue"}) {
    fs::remove_all(out());
    const auto result = sweep(std::string("strategies: {MPI: , THROWS: {where: ") + where + "}}\n" + only_csv);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.output, AllOf(HasSubstr("16"), HasSubstr("THROWS"), Not(HasSubstr("terminate"))));
    EXPECT_THAT(csv(), HasSubstr(",MPI,"));
  }
}

TEST_F(PluginLoading, AStrategyThatThrowsWhenAskedIsSkippedWithTheReason) {
  const auto result = sweep(std::string("strategies: {MPI: , THROWS: {where: supports}}\n") + only_csv);
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(csv(), AllOf(HasSubstr(",MPI,"), Not(HasSubstr("THROWS"))));
  EXPECT_THAT(read_file(out() / "benchmark.tp2.cpu.log"),
              HasSubstr("THROWS: it failed when it was asked whether it supports the problem"));
}

TEST_F(PluginLoading, ARunGoesOnWithoutWhatItDidNotAskForByName) {
  const auto result = sweep(std::string("strategies: all\n") + only_csv, {"SAMPLE_THROWS_IN=factory"});
  EXPECT_THAT(result.output, HasSubstr("the run continues without THROWS: " SAMPLES "/throws.so: its factory failed: "
                                       "no licence found"));
  EXPECT_THAT(csv(), AllOf(HasSubstr(",ONESHOT,"), Not(HasSubstr("THROWS"))));
}

TEST_F(PluginLoading, ARunDoesNotStartWithoutWhatItAskedForByName) {
  const auto result = sweep(std::string("strategies: {MPI: , THROWS: {where: factory}}\n") + only_csv);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("no licence found"));
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(PluginLoading, ParametersAFactoryDoesNotAcceptAreAMistakeOfTheConfiguration) {
  const auto result = sweep(std::string("strategies: {MPI: , THROWS: {where: config}}\n") + only_csv);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("sweep.yaml: strategies.THROWS: nowhere to throw"));
}

TEST_F(PluginLoading, AFolderAnybodyMayWriteToIsRefused) {
  const auto dir = dir_ / "open";
  fs::create_directories(dir);
  fs::copy_file(fs::path(SAMPLES) / "wrong_result.so", dir / "wrong_result.so");
  fs::permissions(dir, fs::perms::others_write, fs::perm_options::add);
  const auto refused = runner({"--list", "--plugin_dir", dir.string()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr(dir.string() + ": this plugin folder is world-writable; run chmod o-w"));
}

TEST_F(PluginLoading, ListTellsAllAboutOnePluginByItsName) {
  const auto one = runner({"--list", "ONESHOT"});
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_THAT(one.output, AllOf(HasSubstr("strategy ONESHOT (host), version"), HasSubstr("in look-up tables: 4"),
                                HasSubstr("chunk_kib: 256   # integer, 1..65536"),
                                HasSubstr("KiB of the message per chunk in shared memory")));
  const auto config = write("list.yaml", std::string("plugins: [") + SAMPLES + "]\n");
  const auto theirs = runner({"--config", config.string(), "--list", "WRONG"});
  EXPECT_EQ(theirs.exit_code, 0) << theirs.output;
  EXPECT_THAT(theirs.output, HasSubstr("strategy WRONG (host), version"));
  const auto none = runner({"--list", "ONESHOTT"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.output, HasSubstr("there is no plugin ONESHOTT; did you mean ONESHOT?"));
}

}  // namespace
}  // namespace arbiter::testing
