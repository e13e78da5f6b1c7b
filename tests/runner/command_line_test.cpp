// SPDX-License-Identifier: Apache-2.0
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandLine : public RunnerFixture {};

TEST_F(CommandLine, HelpNamesEveryOptionAndTheExitCodes) {
  const auto help = runner({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* option : {"--config", "--data_dir", "--data-dir", "--sm_version", "--output_dir", "--save_csv_dir",
                             "--diff", "--diff_threshold", "--fail-on", "--enable_auto", "--probe", "--list",
                             "--dry-run", "--set", "--plugin_dir", "--skip_bad_rows", "--allow_mixed", "--version"}) {
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
              AllOf(HasSubstr("tp 2, NONE: 4 shapes"), HasSubstr("tp 3, RESIDUAL_RMS_NORM, holdout: 3 shapes"),
                    HasSubstr("problems.holdout: 1 of its shapes are cells of the grid"), HasSubstr("28 problems")));
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
