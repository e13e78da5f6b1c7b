// SPDX-License-Identifier: Apache-2.0
// Plugins that break the process that loads them, or that calls their factory.
#include <filesystem>

#include "arbiter/files.hpp"
#include "comm/rank_environment.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr const char* sample = BREAKING_SAMPLES "/breaks_when_loaded.so";

struct Fault {
  const char* how;
  const char* found;
  const char* limit = "ARBITER_LOAD_SECONDS=60";  // what ends by itself is not hurried
};

class BreakingPlugin : public RunnerFixture, public ::testing::WithParamInterface<Fault> {
 protected:
  [[nodiscard]] fs::path sweep(const std::string& strategies) const {
    return write("sweep.yaml",
                 "backend: host\n"
                 "problems: {tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}\n"
                 "measurement: {time_target_ms: 5, min_samples: 3, min_sample_us: 20}\n"
                 "heuristics: {}\nsinks: [csv]\n"
                 "output_dir: " +
                     out().string() + "\nstrategies: " + strategies + "\n");
  }
  [[nodiscard]] static std::vector<std::string> broken(const std::string& where) {
    return {where + "=" + GetParam().how, GetParam().limit};
  }
  [[nodiscard]] static Finished run_broken(std::vector<std::string> arguments, const std::string& where) {
    arguments.insert(arguments.end(), {"--plugin_dir", BREAKING_SAMPLES});
    return runner(arguments, broken(where));
  }
  [[nodiscard]] std::string csv() const { return read_file(out() / "benchmark.tp2.cpu.csv"); }
};

TEST_P(BreakingPlugin, CostsTheListALine) {
  const auto result = run_broken({"--list"}, "SAMPLE_WHEN_LOADED");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("ONESHOT"), HasSubstr(std::string(sample) + ": loading it " + GetParam().found),
                    HasSubstr("; it printed last: no licence server found")));
}

TEST_P(BreakingPlugin, CostsASweepALineWhenItIsLoaded) {
  const auto result = run_broken({"--config", sweep("all").string()}, "SAMPLE_WHEN_LOADED");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr(std::string(sample) + ": loading it " + GetParam().found));
  EXPECT_THAT(csv(), HasSubstr(",ONESHOT,"));
  for (const auto& entry : fs::directory_iterator(out())) {
    if (entry.path().extension() != ".json") continue;
    EXPECT_THAT(read_file(entry.path()), Not(HasSubstr("REFUSED_PLUGINS"))) << entry.path();
  }
}

TEST_P(BreakingPlugin, CostsASweepALineInItsFactory) {
  const auto result = run_broken({"--config", sweep("all").string()}, "SAMPLE_IN_FACTORY");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("the run continues without BREAKS_WHEN_LOADED: " + std::string(sample) +
                                       ": its factory " + GetParam().found));
  EXPECT_THAT(csv(), HasSubstr(",ONESHOT,"));
}

TEST_P(BreakingPlugin, StopsASweepThatAsksForItByName) {
  const auto result = run_broken({"--config", sweep("{MPI: , BREAKS_WHEN_LOADED: }").string()}, "SAMPLE_IN_FACTORY");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, AllOf(HasSubstr("unknown strategy BREAKS_WHEN_LOADED"),
                                   HasSubstr(std::string("was found but refused: its factory ") + GetParam().found)));
  EXPECT_FALSE(fs::exists(out()));
}

TEST_P(BreakingPlugin, FailsItsCheckInTheFirstClause) {
  const auto result = runner({"--check", sample}, broken("SAMPLE_WHEN_LOADED"));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("FAILED  it loads\n"), HasSubstr(std::string("  loading it ") + GetParam().found)));
}

TEST_P(BreakingPlugin, CostsALineUnderAnotherLauncher) {
  const auto file = sweep("all");
  prepare_mpi_environment(usable_cores() + 1);
  const auto result = testing::run(
      {"mpirun", "--oversubscribe", "-n", "2", RUNNER, "--config", file.string(), "--plugin_dir", BREAKING_SAMPLES},
      broken("SAMPLE_WHEN_LOADED"));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr(std::string(sample) + ": loading it " + GetParam().found));
  EXPECT_THAT(csv(), HasSubstr(",ONESHOT,"));
}

INSTANTIATE_TEST_SUITE_P(Each, BreakingPlugin,
                         ::testing::Values(Fault{"exits", "ended the process (exit code 0)"},
                                           Fault{"crashes", "crashed (Segmentation fault)"},
                                           Fault{"hangs", "did not return within 4 s; ARBITER_LOAD_SECONDS=40 allows",
                                                 "ARBITER_LOAD_SECONDS=4"}),
                         [](const auto& test) { return std::string(test.param.how); });

TEST_F(RunnerFixture, AFolderOfPluginsThatIsNotThereIsNamed) {
  const auto result = runner({"--list", "--plugin_dir", "/nowhere/plugins"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("/nowhere/plugins: cannot read this plugin folder"), Not(HasSubstr("KIND"))));
}

}  // namespace
}  // namespace arbiter::testing
