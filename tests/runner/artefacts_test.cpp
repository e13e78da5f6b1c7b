// SPDX-License-Identifier: Apache-2.0
// Where artefacts go, and that none of other data is lost.
#include <algorithm>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
namespace fs = std::filesystem;

class Artefacts : public RunnerFixture {
 protected:
  /// A folder with one CSV.
  [[nodiscard]] std::string data(const std::string& name, const std::string& time) const {
    write(name + "/benchmark.tp2.sm90.csv",
          "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us)\n"
          "2,bfloat16,256,1,128,NCCL,NONE,allreduce,9.5\n"
          "2,bfloat16,256,1,128,ONESHOT,NONE,allreduce," +
              time + "\n");
    return (dir_ / name).string();
  }
  [[nodiscard]] static std::vector<std::string> names_in(const fs::path& dir) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir)) names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }
  [[nodiscard]] std::vector<fs::path> aside() const {
    std::vector<fs::path> found;
    for (const auto& name : names_in(out())) {
      if (name.starts_with("before.")) found.push_back(out() / name);
    }
    return found;
  }
  [[nodiscard]] Finished decide(const std::string& data_dir,
                                const std::string& sinks = "sinks=[summary, regret]") const {
    return runner({"--data_dir", data_dir, "--output_dir", out().string(), "--set", sinks});
  }
};

TEST_F(Artefacts, NothingIsWrittenIntoTheDataFolderUnlessItIsTheOutputFolder) {
  const auto in = data("in", "2.5");
  const auto config = write("sweep.yaml", "heuristics: [lut]\nsinks: [summary]\noutput_dir: " + out().string() + "\n");
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--data_dir", in, "--config", config.string()},
                                             {"--data_dir", in, "--output-dir", out().string()},
                                             {"--data_dir", in, "--save_csv_dir", out().string()}}) {
    fs::remove_all(out());
    const auto result = runner(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.output;
    EXPECT_THAT(names_in(in), ::testing::ElementsAre("benchmark.tp2.sm90.csv"));
    EXPECT_TRUE(fs::exists(out() / "summary.txt"));
  }
  const auto same = runner({"--data_dir", in, "--output_dir", in + "/.", "--set", "sinks=[csv, summary]"});
  ASSERT_EQ(same.exit_code, 0) << same.output;
  EXPECT_THAT(names_in(in), ::testing::ElementsAre("artefacts.json", "benchmark.tp2.sm90.csv", "summary.txt"));
}

TEST_F(Artefacts, TheDefaultFolderIsThatOfTheConfiguration) {
  const auto in = data("in", "2.5");
  const auto config = write("named.yaml", "heuristics: [lut]\nsinks: [summary]\n");
  const auto result = run({"/bin/sh", "-c",
                           "cd " + dir_.string() + " && " RUNNER " --data_dir in --config named.yaml && " +
                               RUNNER " --data_dir in --set 'sinks=[summary]'"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(fs::exists(dir_ / "out/named/summary.txt"));
  EXPECT_TRUE(fs::exists(dir_ / "out/seed/summary.txt"));
  EXPECT_THAT(names_in(in), SizeIs(1));
}

TEST_F(Artefacts, AFileIsNoOutputFolder) {
  const auto result = runner({"--data_dir", data("in", "2.5"), "--output_dir", write("file", "").string()});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("--output_dir: found " + (dir_ / "file").string() + ", which is a file"));
}

TEST_F(Artefacts, OfTheSameDataAreReplaced) {
  const auto in = data("in", "2.5");
  ASSERT_EQ(decide(in).exit_code, 0);
  const auto again = decide(in);
  ASSERT_EQ(again.exit_code, 0);
  EXPECT_THAT(aside(), IsEmpty());
  EXPECT_THAT(again.output, Not(HasSubstr("before.")));
}

TEST_F(Artefacts, OfOtherDataAreSetAsideTogether) {
  ASSERT_EQ(decide(data("in", "2.5"), "sinks=[summary, regret, json, cpp_table]").exit_code, 0);
  const auto summary = read_file(out() / "summary.txt");
  const auto other = decide(data("other", "3.5"), "sinks=[summary]");
  ASSERT_EQ(other.exit_code, 0) << other.output;
  ASSERT_THAT(aside(), SizeIs(1));
  EXPECT_THAT(other.output, HasSubstr("4 artefacts of other data or of another configuration are now in " +
                                      aside().front().filename().string()));
  EXPECT_EQ(read_file(aside().front() / "summary.txt"), summary);
  for (const char* file : {"regret.csv", "decision.json", "gen_heuristic_code/generated_lookup_table.cpp"}) {
    EXPECT_TRUE(fs::exists(aside().front() / file)) << file;
    EXPECT_FALSE(fs::exists(out() / file)) << file;
  }
  EXPECT_NE(read_file(out() / "summary.txt"), summary);
}

TEST_F(Artefacts, OfAnotherConfigurationAreSetAside) {
  const auto in = data("in", "2.5");
  ASSERT_EQ(decide(in, "sinks=[summary]").exit_code, 0);
  ASSERT_EQ(decide(in, "sinks=[summary, regret]").exit_code, 0);
  EXPECT_THAT(aside(), SizeIs(1));
}

TEST_F(Artefacts, FilesThatNoRunListedAreKeptToo) {
  write("out/summary.txt", "of an Arbiter without manifests");
  write("out/notes.txt", "mine");
  ASSERT_EQ(decide(data("in", "2.5")).exit_code, 0);
  ASSERT_THAT(aside(), SizeIs(1));
  EXPECT_EQ(read_file(aside().front() / "summary.txt"), "of an Arbiter without manifests");
  EXPECT_EQ(read_file(out() / "notes.txt"), "mine");
}

TEST_F(Artefacts, AListThatCannotBeWrittenFailsTheRunAndLosesNothingElse) {
  fs::create_directories(out() / "artefacts.json");
  const auto config = small_sweep("heuristics: [lut]\nsinks: [summary]\n").string();
  const auto result = runner({"--config", config});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("cannot write " + (out() / "artefacts.json").string()));
  EXPECT_TRUE(fs::exists(out() / "summary.txt"));
  EXPECT_TRUE(fs::exists(out() / "benchmark.tp2.cpu.csv"));
}

TEST_F(Artefacts, OfAMeasurementAreReplacedFromItsOwnCsvsAndKeptFromTheNextRun) {
  const auto config = small_sweep("heuristics: [lut]\nsinks: [summary, regret]\n").string();
  ASSERT_EQ(runner({"--config", config}).exit_code, 0);
  const auto summary = read_file(out() / "summary.txt");
  const auto again = runner({"--config", config, "--data_dir", out().string()});
  ASSERT_EQ(again.exit_code, 0) << again.output;
  EXPECT_THAT(aside(), IsEmpty()) << "the same rows, the same configuration\n" << again.output;
  EXPECT_EQ(read_file(out() / "summary.txt"), summary);
  const auto next = runner({"--config", config});
  ASSERT_EQ(next.exit_code, 0) << next.output;
  ASSERT_THAT(aside(), SizeIs(1));
  EXPECT_EQ(read_file(aside().front() / "summary.txt"), summary);
  EXPECT_TRUE(fs::exists(out() / "benchmark.tp2.cpu.csv.1")) << "CSVs keep their own rule";
  EXPECT_FALSE(fs::exists(aside().front() / "benchmark.tp2.cpu.csv"));
}

}  // namespace
}  // namespace arbiter::testing
