// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr const char* header =
    "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us),backend,graph,context,status,ci_low "
    "(us),ci_high (us),run_id,schema\n";

std::string row(const std::string& strategy, int tokens, const std::string& rest) {
  return "2,bfloat16," + std::to_string(tokens * 128 * 2) + "," + std::to_string(tokens) + ",128," + strategy +
         ",NONE,allreduce," + rest + "\n";
}

std::string timed(const std::string& time, const std::string& low, const std::string& high, const std::string& run) {
  return time + ",cuda,true,engine,ok," + low + "," + high + "," + run + ",3";
}

class Diff : public RunnerFixture {
 protected:
  void SetUp() override {
    folder("before", "one", "580.1",
           row("NCCL", 1, timed("10.0", "9.9", "10.1", "one")) + row("NCCL", 2, timed("10.0", "9.9", "10.1", "one")) +
               row("ONESHOT", 1, timed("5.0", "4.9", "5.1", "one")));
  }
  /// A folder of one CSV and the record of its run.
  void folder(const std::string& name, const std::string& run, const std::string& driver, const std::string& rows) {
    write(name + "/benchmark.tp2.sm90.csv", header + rows);
    write(name + "/run." + run + ".json", R"({"format": "arbiter-run", "schema": 3, "run_id": ")" + run +
                                              R"(", "date": "2026-11-28T03:13:57Z",
              "arbiter": {"version": "0.2.0", "commit": ""}, "command_line": [], "settings": {},
              "machine": {"platform": "sm90", "facts": {"driver": ")" +
                                              driver + R"(", "nccl": "2.28.3"}}, "packages": {}, "environment": {},
              "config": {"source": "", "hash": "", "overrides": [], "text": ""}})");
  }
  void after(const std::string& nccl_of_one_token, const std::string& more = "") {
    folder("after", "two", "590.2",
           row("NCCL", 1, nccl_of_one_token) + row("NCCL", 2, timed("10.1", "10.0", "10.2", "two")) +
               row("ONESHOT", 1, timed("5.0", "4.9", "5.1", "two")) + more);
  }
  [[nodiscard]] Finished diff(const std::vector<std::string>& more = {},
                              const std::vector<std::string>& environment = {}) {
    std::vector<std::string> arguments = {"--diff", (dir_ / "before").string(), (dir_ / "after").string(),
                                          "--output_dir", (dir_ / "diff").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return runner(arguments, environment);
  }
};

TEST_F(Diff, SaysInOneLineWhatBecameSlowerAndWhatElseDiffers) {
  after(timed("12.0", "11.9", "12.1", "two"));
  const auto result = diff();
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("differs (before / after): driver: 580.1 / 590.2"), Not(HasSubstr("nccl:")),
                    HasSubstr("\n1 of 3 cells slower by more than 5 %, 0 faster; worst NCCL, tp 2, bfloat16, NONE, 1 "
                              "tokens x 128, context engine: 10 -> 12 us (+20.0 %)\n"),
                    HasSubstr("the best strategy changed beyond noise in 0 of 2 problems")));
  EXPECT_THAT(read_file(dir_ / "diff/diff.txt"), HasSubstr("1 of 3 cells slower"));
  EXPECT_THAT(
      read_file(dir_ / "diff/diff.csv"),
      HasSubstr("\n2,bfloat16,256,1,128,NCCL,NONE,allreduce,cuda,1,true,engine,10.000,9.900,10.100,12.000,11.900,"
                "12.100,20.00,slower\n"));
  EXPECT_TRUE(fs::exists(dir_ / "diff/viz/NONE/change.tp2.sm90.cuda.graph.engine.bfloat16.png"));
  for (const char* side : {"before", "after"}) {
    EXPECT_EQ(std::distance(fs::directory_iterator(dir_ / side), {}), 2) << "nothing is written into " << side;
  }
}

TEST_F(Diff, FailsOnlyBeyondTheGivenThreshold) {
  after(timed("12.0", "11.9", "12.1", "two"));
  const auto failed = diff({"--fail-on", "5%"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.output, HasSubstr("--fail-on: 1 of 3 cells slower by more than 5 %"));
  EXPECT_EQ(diff({"--fail-on", "25%"}).exit_code, 0);
  EXPECT_EQ(diff({"--fail_on", "25%", "--diff_threshold", "1%"}).exit_code, 0)
      << "the threshold shows, and fails nothing";
  EXPECT_THAT(diff({"--fail-on", "25%"}).output, HasSubstr("0 of 3 cells slower by more than 25 %"));
}

TEST_F(Diff, NoiseIsNoFailure) {
  after(timed("12.0", "10.05", "14.0", "two"));
  const auto result = diff({"--fail-on", "5%"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("0 of 3 cells slower by more than 5 %"));
}

TEST_F(Diff, AStrategyThatNewlyFailsCountsAsSlower) {
  after(",cuda,true,engine,failed,,,two,3");
  const auto result = diff({"--fail-on", "1000%"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("now fails (1):\n  NCCL, tp 2, bfloat16, NONE, 1 tokens x 128"),
                                   HasSubstr("1 of 3 cells slower by more than 1000 % (1 newly failing)")));
}

TEST_F(Diff, CountsAndNamesWhatIsOnOneSideOnly) {
  after(timed("10.0", "9.9", "10.1", "two"), row("TWOSHOT", 1, timed("1.0", "0.9", "1.1", "two")));
  const auto result = diff({"--fail-on", "5%"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output,
              HasSubstr("only after, not compared (1):\n  TWOSHOT, tp 2, cuda, allreduce, graph, context "
                        "engine: 1 (NONE)\n"));
}

TEST_F(Diff, ComparesSingleFilesOfOtherToolsByTheThresholdAlone) {
  const std::string foreign = "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us)\n";
  const auto old_file =
      write("old.csv", foreign + "2,bfloat16,256,1,128,NCCL,NONE,10\n2,bfloat16,512,2,128,NCCL,NONE,10\n");
  const auto new_file =
      write("new.csv", foreign + "2,bfloat16,256,1,128,NCCL,NONE,11\n2,bfloat16,512,2,128,NCCL,NONE,10.4\n");
  const auto result = runner(
      {"--diff", old_file.string(), new_file.string(), "--fail-on", "5%", "--output_dir", (dir_ / "diff").string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("2 cells have no interval on a side"),
                                   HasSubstr("1 of 2 cells slower by more than 5 %, 0 faster; worst NCCL"),
                                   HasSubstr("only what the machine files say is compared")));
}

TEST_F(Diff, AComparisonOfNothingFails) {
  write("after/benchmark.tp4.sm90.csv", std::string(header) +
                                            "4,bfloat16,256,1,128,NCCL,NONE,allreduce,9.5,cuda,true,"
                                            "engine,ok,9,10,,3\n");
  const auto result = diff();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("no cell is on both sides"), HasSubstr("(tp 2)"), HasSubstr("(tp 4)")));
}

TEST_F(Diff, WrongUsageIsTold) {
  after(timed("10.0", "9.9", "10.1", "two"));
  const auto before = (dir_ / "before").string();
  for (const auto& [arguments, reason] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--diff", before}, "--diff"},
           {{"--diff", before, before, before}, before},
           {{"--diff", before, before, "--diff", before, before}, "--diff"},
           {{"--diff", before, (dir_ / "absent").string()}, "absent, which is not there; allowed: a folder of CSVs"},
           {{"--diff", before, before, "--fail-on", "five"}, "--fail-on: found 'five'; allowed: a percentage"},
           {{"--diff", before, before, "--fail-on", ""}, "--fail-on: found ''"},
           {{"--diff", before, before, "--output_dir", before + "/benchmark.tp2.sm90.csv"}, "--output_dir: found "},
           {{"--diff", before, before, "--diff_threshold", "-5%"}, "--diff_threshold"},
           {{"--diff", before, before, "--config", "any.yaml"}, "--config"},
           {{"--diff", before, before, "--data_dir", before}, "--data_dir"},
           {{"--config", "any.yaml", "--fail-on", "5%"}, "--diff"}}) {
    const auto result = runner(arguments);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(arguments) << result.output;
    EXPECT_THAT(result.output, HasSubstr(reason));
  }
  EXPECT_EQ(runner({"--diff", dir_.string(), before, "--output_dir", (dir_ / "d").string()}).exit_code, 1)
      << "a folder without CSVs is no usage error";
}

TEST_F(Diff, WithoutGnuplotOnlyThePicturesAreMissing) {
  after(timed("10.0", "9.9", "10.1", "two"));
  const auto result = diff({"--fail-on", "5%"}, {"PATH=" + (dir_ / "empty").string()});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("pictures are skipped: gnuplot"));
  EXPECT_TRUE(fs::exists(dir_ / "diff/diff.csv"));
}

TEST_F(Diff, AnEarlierDiffOfOtherDataIsKept) {
  after(timed("12.0", "11.9", "12.1", "two"));
  ASSERT_EQ(diff().exit_code, 0);
  const auto first = read_file(dir_ / "diff/diff.txt");
  after(timed("13.0", "12.9", "13.1", "two"));
  const auto second = diff();
  ASSERT_EQ(second.exit_code, 0);
  EXPECT_THAT(second.output, HasSubstr("3 artefacts of other data"));
  bool kept = false;
  for (const auto& entry : fs::directory_iterator(dir_ / "diff")) {
    kept = kept ||
           (entry.path().filename().string().starts_with("before.") && read_file(entry.path() / "diff.txt") == first);
  }
  EXPECT_TRUE(kept);
}

/// What a CSV of results/ has of NCCL.
std::string rows_of_nccl(const std::string& folder, const std::string& file) {
  const std::string text = read_file(std::string(RESULTS) + "/" + folder + "/" + file);
  std::istringstream lines(text);
  std::string rows;
  for (std::string line; std::getline(lines, line);) {
    if (rows.empty() || line.find(",NCCL,") != std::string::npos) rows += line + "\n";
  }
  return rows;
}

TEST_F(Diff, OfKeptResultsIsNothingForTheSameDataAndSmallForARepetition) {
  const std::string results = RESULTS;
  const auto same = runner(
      {"--diff", results + "/h200", results + "/h200", "--fail-on", "0%", "--output_dir", (dir_ / "same").string()},
      {"PATH=" + (dir_ / "empty").string()});
  EXPECT_EQ(same.exit_code, 0) << same.output;
  EXPECT_THAT(same.output, HasSubstr("0 of 3170 cells slower by more than 0 %, 0 faster"));
  for (const std::string file : {"benchmark.tp2.sm90.csv", "benchmark.tp2.sm90.holdout.csv"}) {
    write("before/" + file, rows_of_nccl("h200", file));
    write("after/" + file, rows_of_nccl("h200-contexts", file));
  }
  const auto repeated = runner({"--diff", (dir_ / "before").string(), (dir_ / "after").string(), "--fail-on", "5%",
                                "--output_dir", (dir_ / "repeated").string()},
                               {"PATH=" + (dir_ / "empty").string()});
  EXPECT_EQ(repeated.exit_code, 0) << repeated.output;
  EXPECT_THAT(repeated.output, HasSubstr("0 of 580 cells slower by more than 5 %, 0 faster"));
}

std::string nccl_tests(const std::string& time_of_64_mb) {
  return "# nThread 1 nGpus 2 minBytes 8 maxBytes 67108864 step: 2(factor) warmup iters: 5 iters: 20\n"
         "#       size         count      type   redop    root     time   algbw   busbw #wrong\n"
         "           8             2     float     sum      -1     9.50    0.00    0.00      0\n"
         "    67108864      16777216     float     sum      -1   " +
         time_of_64_mb + "   35.05   32.86    N/A\n";
}

TEST_F(Diff, ComparesTheOutputsOfNcclTests) {
  write("before.txt", nccl_tests("400.0"));
  write("folder/after.txt", nccl_tests("480.0"));
  const auto result = runner({"--diff", (dir_ / "before.txt").string(), (dir_ / "folder").string(), "--fail-on", "5%",
                              "--output_dir", (dir_ / "diff").string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("times over bytes: NCCL, tp 2, float32, NONE, 2 sizes from 8 to 67108864"),
                                   HasSubstr("\n1 of 2 cells slower by more than 5 %, 0 faster; worst NCCL, tp 2, "
                                             "float32, NONE, 67108864 bytes, context back_to_back: 400 -> 480 us")));
  EXPECT_THAT(read_file(dir_ / "diff/diff.csv"),
              HasSubstr("\n2,float32,67108864,,,NCCL,NONE,allreduce,cuda,1,false,back_to_back,400.000,,,480.000,,,"
                        "20.00,slower\n"));
  EXPECT_FALSE(fs::exists(dir_ / "diff/viz")) << "there is no cell to draw";
}

}  // namespace
}  // namespace arbiter::testing
