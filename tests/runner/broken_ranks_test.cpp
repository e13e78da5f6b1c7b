// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <tuple>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

/// Sweeps with the sample BREAKS between two strategies that do not.
class BrokenRanks : public RunnerFixture {
 protected:
  [[nodiscard]] fs::path sweep(const std::string& parameters, const std::string& more_strategies = "",
                               const std::string& extra = "sinks: [cpp_table, summary]\n") const {
    return write("sweep.yaml",
                 "backend: host\n"
                 "problems: {tp_size: [2], dtype: float32, fusion: [NONE], hidden_size: [64, 100], "
                 "num_tokens: [1, 8, 32, 64]}\n"
                 "measurement: {time_target_ms: 5, min_samples: 5, min_sample_us: 20}\n"
                 "strategies: {MPI: , BREAKS: {" +
                     parameters + "}, " + more_strategies + "ONESHOT: }\noutput_dir: " + out().string() + "\n" + extra);
  }
  [[nodiscard]] Finished measure(const fs::path& config, std::vector<std::string> environment = {}) const {
    environment.push_back(own_shared_memory());
    return runner({"--config", config.string(), "--plugin_dir", SAMPLES}, environment);
  }
  [[nodiscard]] fs::path csv() const { return out() / "benchmark.tp2.cpu.csv"; }
  [[nodiscard]] std::string log() const { return read_file(out() / "benchmark.tp2.cpu.log"); }

  /// One row for each of the 8 problems and strategies, in the order of the YAML; those of `strategy` failed where it
  /// has `tokens`, and all others are as usual.
  void expect_failed_only(const std::string& strategy, std::int64_t tokens, std::size_t strategies = 3) const {
    const auto rows = read_csv(csv()).dataset.rows();
    EXPECT_EQ(rows.size(), 8 * strategies);
    std::map<std::tuple<std::int64_t, std::int64_t, std::string>, int> seen;
    for (const auto& row : rows) {
      const bool breaks = row.strategy == strategy && row.problem.num_tokens == tokens;
      EXPECT_EQ(row.failed, breaks) << to_string(row.problem) << " " << row.strategy;
      EXPECT_EQ(row.usable(), !breaks) << to_string(row.problem) << " " << row.strategy;
      ++seen[{row.problem.hidden_size, row.problem.num_tokens, row.strategy}];
    }
    for (const auto& [cell, count] : seen) EXPECT_EQ(count, 1) << std::get<2>(cell);
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return std::tie(a.problem.hidden_size, a.problem.num_tokens) <
             std::tie(b.problem.hidden_size, b.problem.num_tokens);
    }));
    EXPECT_FALSE(fs::exists(csv().string() + ".1")) << "the file is continued";
  }
  void expect_tables() const {
    EXPECT_TRUE(fs::exists(out() / "gen_heuristic_code/generated_lookup_table.cpp"));
    EXPECT_TRUE(fs::exists(out() / "summary.txt"));
  }
};

struct Way {
  const char* how;
  const char* where;
  const char* reason;
};

class BrokenRanksIn : public BrokenRanks, public ::testing::WithParamInterface<Way> {};

TEST_P(BrokenRanksIn, CostTheirCellAndTheSweepGoesOnBehindIt) {
  const auto& [how, where, reason] = GetParam();
  // A busy machine may take some time to find out that a rank is gone.
  const std::string patience = std::string(how) == "hang" ? "8" : "60";
  const auto result =
      measure(sweep(std::string("how: ") + how + ", where: " + where), {"ARBITER_PATIENCE_S=" + patience});
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("8 tokens x 64, BREAKS: " + std::string(reason)),
                                   HasSubstr("new ranks continue after it"),
                                   HasSubstr("8 tokens x 100, BREAKS: " + std::string(reason)),
                                   HasSubstr("2 cells failed"), Not(HasSubstr("finished rows are kept"))));
  expect_failed_only("BREAKS", 8);
  expect_tables();
  EXPECT_THAT(log(), HasSubstr("8 tokens x 64, BREAKS: failed: " + std::string(reason)));
  EXPECT_THAT(left_in_shared_memory(), ::testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Ways, BrokenRanksIn,
    ::testing::Values(Way{"segfault", "prepare", "rank 1 was killed by signal 11 (Segmentation fault)"},
                      Way{"segfault", "sample", "rank 1 was killed by signal 11 (Segmentation fault)"},
                      Way{"abort", "verify", "rank 1 was killed by signal 6 (Aborted)"},
                      Way{"exit", "sample", "rank 1 exited before the end of the run; mpirun's exit status is 7"},
                      Way{"leave", "prepare", "rank 1 exited before the end of the run"},
                      Way{"segfault", "destroy",
                          "rank 1 was killed by signal 11 (Segmentation fault) while it was destroyed"},
                      Way{"hang", "verify", "no progress from the ranks for "}),
    [](const auto& way) { return std::string(way.param.how) + "_in_" + way.param.where; });

TEST_F(BrokenRanks, MayBeRankZero) {
  const auto result = measure(sweep("how: segfault, rank: 0"));
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, HasSubstr("BREAKS: rank 0 was killed by signal 11"));
  expect_failed_only("BREAKS", 8);
  expect_tables();
}

TEST_F(BrokenRanks, HaveTheirStrategyGivenUpInTheEnd) {
  const auto result = measure(sweep("how: exit, tokens: 0"));
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("new ranks continue after it, without BREAKS with NONE"), HasSubstr("3 cells failed")));
  const auto rows = read_csv(csv()).dataset.rows();
  EXPECT_EQ(rows.size(), 8U + 3U + 8U);
  for (const auto& row : rows) {
    EXPECT_EQ(row.failed, row.strategy == "BREAKS");
    EXPECT_TRUE(fs::exists(out() / ("run." + row.run_id + ".json"))) << "the run id is not the first ranks'";
    EXPECT_EQ(row.run_id, rows.front().run_id);
  }
  EXPECT_THAT(
      log(), HasSubstr("64 tokens x 100, BREAKS: it crashed or hung the ranks on 3 problems of NONE; not tried again"));
  expect_tables();
}

TEST_F(BrokenRanks, OfAFusionsReferenceCostThatFusionAndNoStrategy) {
  const auto result = measure(write("sweep.yaml",
                                    "backend: host\n"
                                    "problems: {tp_size: [2], dtype: float32, fusion: [BREAKS_REFERENCE, NONE], "
                                    "hidden_size: [64], num_tokens: [1, 2, 3, 4]}\n"
                                    "measurement: {time_target_ms: 5, min_samples: 5, min_sample_us: 20}\n"
                                    "strategies: [MPI, ONESHOT]\nheuristics: [lut]\nsinks: [csv]\noutput_dir: " +
                                        out().string() + "\n"));
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("BREAKS_REFERENCE, 1 tokens x 64: the fusion BREAKS_REFERENCE: "),
                    HasSubstr("signal 11 (Segmentation fault) while its reference was computed; new ranks continue"),
                    HasSubstr(", without problems of BREAKS_REFERENCE")));
  std::map<std::string, int> usable;
  std::map<std::string, int> failed;
  const auto rows = read_csv(csv()).dataset.rows();
  for (const auto& row : rows) ++(row.usable() ? usable : failed)[row.problem.fusion];
  EXPECT_EQ(usable, (std::map<std::string, int>{{"NONE", 8}}));
  EXPECT_EQ(failed, (std::map<std::string, int>{{"BREAKS_REFERENCE", 6}})) << "each strategy, on three problems";
  EXPECT_THAT(log(), HasSubstr("4 tokens x 64, MPI: the reference of the fusion crashed or hung the ranks on 3"));
}

TEST_F(BrokenRanks, OfTwoStrategiesInOneProblemCostTwoCells) {
  const auto result =
      measure(sweep("how: segfault", "WORSE: {strategy: BREAKS, table_id: 103, how: exit, where: verify}, "));
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, HasSubstr("4 cells failed"));
  const auto rows = read_csv(csv()).dataset.rows();
  ASSERT_EQ(rows.size(), 8U * 4U);
  const std::vector<std::string> order{"MPI", "BREAKS", "WORSE", "ONESHOT"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].strategy, order[i % 4]) << i;
    EXPECT_EQ(rows[i].failed, rows[i].problem.num_tokens == 8 && (i % 4 == 1 || i % 4 == 2)) << i;
  }
}

TEST_F(BrokenRanks, TakeNoPartInWhatIsDecidedFromTheRowsBeforeAndAfter) {
  const auto result = measure(sweep("how: segfault"), {});
  ASSERT_EQ(result.exit_code, 1) << result.output;
  const auto again = dir_ / "again";
  const auto read = runner({"--config", (dir_ / "sweep.yaml").string(), "--plugin_dir", SAMPLES, "--data_dir",
                            out().string(), "--save_csv_dir", again.string()});
  ASSERT_EQ(read.exit_code, 0) << read.output;
  for (const char* file : {"gen_heuristic_code/generated_lookup_table.cpp", "summary.txt"}) {
    EXPECT_EQ(read_file(out() / file), read_file(again / file)) << file;
  }
}

TEST_F(BrokenRanks, KeepTheCsvOfAnEarlierRunApart) {
  ASSERT_EQ(measure(sweep("how: segfault, tokens: 9")).exit_code, 0);
  const auto first = read_file(csv());
  ASSERT_EQ(measure(sweep("how: segfault")).exit_code, 1);
  EXPECT_EQ(read_file(csv().string() + ".1"), first);
  EXPECT_FALSE(fs::exists(csv().string() + ".2"));
  EXPECT_EQ(read_csv(csv()).dataset.rows().size(), 24U);
}

TEST_F(BrokenRanks, OfSomebodyElsesMpirunEndTheRun) {
  const auto config = sweep("how: exit");
  const auto result =
      run({"mpirun", "--oversubscribe", "-n", "2", RUNNER, "--config", config.string(), "--plugin_dir", SAMPLES},
          {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", own_shared_memory()});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_EQ(read_csv(out() / "unfinished/benchmark.tp2.cpu.csv").dataset.rows().size(), 3U) << "the problem before";
  EXPECT_FALSE(fs::exists(out() / "summary.txt"));
}

}  // namespace
}  // namespace arbiter::testing
