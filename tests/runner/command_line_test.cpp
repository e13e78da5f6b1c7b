// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandLine : public RunnerFixture {
 protected:
  /// A usage error whose one line has this text.
  void expect_refusal(const std::vector<std::string>& arguments, const std::string& text) {
    const auto result = runner(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.output;
    EXPECT_THAT(result.output, HasSubstr(text));
  }

  /// The lines of a plan, without what is said beside it.
  std::vector<std::string> plan_of(std::vector<std::string> arguments) {
    arguments.emplace_back("--dry-run");
    const auto result = runner(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    std::istringstream stream(result.output);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
      if (!line.starts_with("warning: ")) lines.push_back(line);
    }
    return lines;
  }
};

/// One screen.
void expect_screen(const std::vector<std::string>& lines) {
  EXPECT_LE(lines.size(), 24U);
  for (const auto& line : lines) EXPECT_LE(line.size(), 100U) << line;
}

TEST_F(CommandLine, HelpNamesEveryOptionAndTheExitCodes) {
  const auto help = runner({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* option :
       {"--config", "--data_dir", "--data-dir", "--sm_version", "--output_dir", "--save_csv_dir", "--diff",
        "--diff_threshold", "--fail-on", "--enable_auto", "--probe", "--list", "--dry-run", "--assume", "--set",
        "--plugin_dir", "--skip_bad_rows", "--allow_mixed", "--version"}) {
    EXPECT_THAT(help.output, HasSubstr(option));
  }
  EXPECT_THAT(help.output, HasSubstr("Exit codes: 0 done"));
}

TEST_F(CommandLine, VersionIsOneLine) {
  const auto version = runner({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.output, ::testing::MatchesRegex("arbiter [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(CommandLine, MistakesAreUsageErrors) {
  EXPECT_EQ(runner({}).exit_code, 2);
  EXPECT_EQ(runner({"--no_such_option"}).exit_code, 2);
  EXPECT_EQ(runner({"--config"}).exit_code, 2);
  EXPECT_EQ(runner({"--data_dir", dir_.string(), "--dry-run"}).exit_code, 2);
  EXPECT_EQ(runner({"--data_dir", dir_.string(), "--sm_version", "ninety"}).exit_code, 2);
  EXPECT_EQ(runner({"--config", "any.yaml", "--allow_mixed"}).exit_code, 2);
  const auto renamed = runner({"--config", "any.yaml", "--limits"});
  EXPECT_EQ(renamed.exit_code, 2);
  EXPECT_THAT(renamed.output, ::testing::HasSubstr("--limits: is called --probe now"));
}

TEST_F(CommandLine, TheConfigNeedsNoOption) {
  const auto sweep = small_sweep().string();
  EXPECT_THAT(plan_of({sweep}), Contains(HasSubstr("16 problems")));
  EXPECT_THAT(plan_of({"--set", "problems.tp_size=2", sweep}), Contains(HasSubstr("8 problems")));
  expect_refusal({sweep, sweep, "--dry-run"}, "sweep.yaml: found a word too many; allowed: one YAML file, and options");
  EXPECT_EQ(runner({sweep, "--config", sweep, "--dry-run"}).exit_code, 2);
}

TEST_F(CommandLine, ANearMissOfAnOptionIsSuggested) {
  expect_refusal({"--ouput_dir", "out", "any.yaml"}, "--ouput_dir: unknown option; did you mean --output_dir?");
  expect_refusal({"any.yaml", "--Dry-Run"}, "--Dry-Run: unknown option; did you mean --dry-run?");
  expect_refusal({"any.yaml", "--LIST"}, "--LIST: unknown option; did you mean --list?");
  expect_refusal({"any.yaml", "--plugin=x"}, "--plugin=x: unknown option; did you mean --plugin_dir?");
  expect_refusal({"any.yaml", "-dry-run"}, "-dry-run: unknown option; did you mean --dry-run?");
  expect_refusal({"lsit"}, "lsit: there is no such file; did you mean --list?");
  expect_refusal({"any.yaml", "--colour"}, "--colour: unknown option\n");
}

TEST_F(CommandLine, ANearMissOfAPluginIsSuggestedWhateverItsCase) {
  expect_refusal({"--list", "oneshot"}, "there is no plugin oneshot; did you mean ONESHOT? Allowed: ");
  const auto sweep = small_sweep().string();
  expect_refusal({sweep, "--set", "strategies=[Twoshot]"},
                 "unknown strategy Twoshot of the host backend; did you mean TWOSHOT?");
  expect_refusal({sweep, "--set", "backend=HOST"}, "found HOST; did you mean host?");
  expect_refusal({sweep, "--set", "heuristics=[LUT]"}, "unknown heuristic LUT; did you mean lut?");
}

TEST_F(CommandLine, AMergeKeyGetsOneLine) {
  const auto sweep = write("merge.yaml",
                           "problems: &base {tp_size: 2, hidden_size: 64, num_tokens: 1}\n"
                           "measurement:\n  <<: *base\n");
  const auto result = runner({sweep.string(), "--dry-run"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, AllOf(HasSubstr("merge.yaml:3:3: measurement: YAML's merge key (<<) is not read; write "),
                                   Not(HasSubstr("\n  "))));
}

TEST_F(CommandLine, AFolderThatMayNotBeWrittenToGetsOneLine) {
  const std::string results = RESULTS "/h200-contexts";
  for (const auto& task : std::vector<std::vector<std::string>>{
           {small_sweep().string()}, {"--data_dir", results}, {"--diff", results, results}}) {
    auto arguments = task;
    arguments.insert(arguments.end(), {"--output_dir", "/sys/arbiter"});
    const auto result = runner(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.output,
                ::testing::MatchesRegex("error: /sys/arbiter: the folder cannot be written to \\([A-Z].*\\); "
                                        "allowed: another one, as in --output_dir DIR\n"));
  }
}

TEST_F(CommandLine, AFolderOrAMissingFileIsNoConfig) {
  for (const auto& path : {dir_, dir_ / "absent.yaml"}) {
    const auto result = runner({"--config", path.string()});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.output, HasSubstr(path.string()));
  }
}

TEST_F(CommandLine, AMistakeInTheConfigIsFoundBeforeAnythingRuns) {
  const auto config = small_sweep("heuristic: [lut]\n");
  const auto result = runner({"--config", config.string()});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, AllOf(HasSubstr("sweep.yaml:10:1"), HasSubstr("heuristic"), HasSubstr("heuristics")));
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(CommandLine, SetOverridesTheConfig) {
  const auto plan = runner({"--config", small_sweep().string(), "--dry-run", "--set", "problems.tp_size=[2]", "--set",
                            "strategies=[ONESHOT]"});
  EXPECT_EQ(plan.exit_code, 0) << plan.output;
  EXPECT_THAT(plan.output, AllOf(HasSubstr("8 problems, 8 cells"), Not(HasSubstr("tp 3"))));
  EXPECT_EQ(runner({"--config", small_sweep().string(), "--dry-run", "--set", "problems.tp=2"}).exit_code, 2);
}

TEST_F(CommandLine, ThePlanSaysWhatIsSkippedAndWhyAndMeasuresNothing) {
  const auto plan = runner({"--config", small_sweep().string(), "--dry-run", "--plugin_dir", SAMPLES, "--set",
                            "strategies=[ONESHOT, WRONG]", "--set", "problems.num_tokens=[8, 9]"});
  EXPECT_EQ(plan.exit_code, 0) << plan.output;
  EXPECT_THAT(plan.output, AllOf(HasSubstr("skipped: WRONG, 8 problems"), HasSubstr("more than 8 tokens"),
                                 HasSubstr("16 problems, 24 cells to measure, 8 skipped")));
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(CommandLine, ThePlanShowsTheHoldoutAndWhatTheGridTakesFromIt) {
  const auto plan = runner({"--config", small_sweep().string(), "--dry-run", "--set",
                            "problems.holdout=[{hidden_size: [64, 96], num_tokens: [1, 3]}]"});
  EXPECT_EQ(plan.exit_code, 0) << plan.output;
  EXPECT_THAT(plan.output,
              AllOf(HasSubstr("shapes: 4; hidden_size 2 values 64..100, num_tokens 2 values 1..8, bfloat16"),
                    HasSubstr("holdout: 3; "), ContainsRegex("3  RESIDUAL_RMS_NORM +7 +3 +21"),
                    HasSubstr("problems.holdout: 1 of its shapes are cells of the grid"), HasSubstr("28 problems")));
}

#ifdef HAS_CUDA
TEST_F(CommandLine, ASweepOfGpusIsPlannedWithoutAnyOnOneScreen) {
  const auto plan = plan_of({CONFIGS "/h200.yaml", "--assume", "sm90x4"});
  expect_screen(plan);
  EXPECT_THAT(plan.front(), HasSubstr("on the cuda backend, assuming 4 GPUs of sm90 with 80 GiB"));
  EXPECT_THAT(plan, Contains(ContainsRegex("   4  RESIDUAL_RMS_NORM_QUANT_NVFP4 +145 +40 +[0-9]+ ")));
  const auto two = plan_of({CONFIGS "/h200.yaml", "--assume", "H200x2"});
  expect_screen(two);
  EXPECT_THAT(two,
              Contains(HasSubstr("  skipped: every strategy, 580 problems: needs 4 ranks, this run has 2 (tp 4, ")));
  expect_screen(plan_of({CONFIGS "/engines.yaml", "--assume", "sm90x8"}));
}
#endif

TEST_F(CommandLine, GpusAreAssumedForPlansOnly) {
  const auto sweep = small_sweep().string();
  expect_refusal({sweep, "--assume", "sm90x4"}, "--assume: is for --dry-run: GPUs that are assumed measure nothing");
  expect_refusal({sweep, "--dry-run", "--assume", "sm90x4"}, "--assume: the host backend plans with this machine");
  expect_refusal({sweep, "--dry-run", "--assume", "h20x4"}, "--assume: found h20x4; did you mean h200x4?; allowed: ");
}

TEST_F(CommandLine, APlanWithManyFusionsAndReasonsStaysOnOneScreen) {
  const auto plan = plan_of({small_sweep().string(), "--plugin_dir", SAMPLES, "--set", "problems.fusion=all", "--set",
                             "problems.tp_size={from: 2, to: 12, step: 1}", "--set", "strategies=all"});
  expect_screen(plan);
  EXPECT_THAT(plan, Contains(ContainsRegex("  12  all fusions +[0-9]+ ")));
}

TEST_F(CommandLine, ATerminalSeesTheTimeLeftTheCellAndTheLastWinner) {
  const auto words = "stty columns 120; " RUNNER " '" + small_sweep().string() +
                     "' --set problems.tp_size=2 --set problems.hidden_size=64 --set sinks=[csv]";
  const auto result = run({"script", "-qec", words, "/dev/null"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(
      result.output,
      ContainsRegex("\r\x1b\\[K[^\r]*3/4  [^\r]* left  tp 2, [^\r]* tokens x [0-9]+  last: [A-Z_]+ [0-9.]+ [munl]+s"));
  EXPECT_THAT(result.output, Not(HasSubstr("[1/4]")));
}

TEST_F(CommandLine, ListShowsEveryPluginAndWhyAFileIsNone) {
  const auto text_file = write("plugins/notes.so", "no library\n");
  const auto list = runner({"--list", "--plugin_dir", (dir_ / "plugins").string()}, {"ARBITER_PLUGIN_PATH=" SAMPLES});
  EXPECT_EQ(list.exit_code, 0);
  for (const char* name : {"ONESHOT (host)", "TWOSHOT (host)", "MPI (host)", "RESIDUAL_RMS_NORM_QUANT_NVFP4", "lut",
                           "lp", "cpp_table", "heatmap", "WRONG (host)", "Gives back its own message"}) {
    EXPECT_THAT(list.output, HasSubstr(name));
  }
  EXPECT_THAT(list.output, HasSubstr(text_file.string() + ": is no complete shared object"));
}

TEST_F(CommandLine, APluginFolderThatIsNotThereIsTold) {
  const auto result = runner({"--list", "--plugin_dir", (dir_ / "absent").string()});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr((dir_ / "absent").string()));
}

TEST_F(CommandLine, AnSmVersionDoesNotFitTheHost) {
  const auto result = runner({"--config", small_sweep().string(), "--sm_version", "90"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("--sm_version"));
}

}  // namespace
}  // namespace arbiter::testing
