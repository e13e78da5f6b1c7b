// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <unistd.h>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr const char* holdout = "problems.holdout=[{hidden_size: 96, num_tokens: [3, 5]}]";

class SweepRun : public RunnerFixture {};

TEST_F(SweepRun, WritesEveryArtefactAndLeavesNoSharedMemory) {
  const auto result = runner({"--config", small_sweep().string()}, {own_shared_memory()});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  for (const char* file :
       {"benchmark.tp2.cpu.csv", "benchmark.tp3.cpu.csv", "gen_heuristic_code/generated_lookup_table.cpp",
        "summary.txt", "viz/NONE/benchmark.tp2.cpu_heatmap.png", "viz/NONE/benchmark.tp3.cpu_best_strategy.png",
        "viz/RESIDUAL_RMS_NORM/benchmark.tp2.cpu_strategy_difference_heatmap.png"}) {
    EXPECT_TRUE(fs::exists(out() / file)) << file;
  }
  EXPECT_THAT(left_in_shared_memory(), ::testing::IsEmpty());
}

TEST_F(SweepRun, MeasuresAndVerifiesEveryCell) {
  const auto result = runner({"--config", small_sweep("sinks: [summary]\n").string()});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  for (const int tp_size : {2, 3}) {
    const auto rows = read_csv(out() / (file_stem(tp_size, "cpu") + ".csv")).dataset.rows();
    EXPECT_EQ(rows.size(), 2U * 2U * 2U * 3U);  // fusions x hidden x tokens x strategies
    for (const auto& row : rows) {
      EXPECT_TRUE(row.usable());
      EXPECT_EQ(row.problem.tp_size, tp_size);
      EXPECT_EQ(row.setting.backend, "host");
      EXPECT_LE(row.error, 1.0);
      EXPECT_GE(row.samples, 3);
      EXPECT_LE(row.min_us, row.time_us);
    }
  }
}

TEST_F(SweepRun, TellsItsProgressAndTheWinners) {
  const auto result = runner({"--config", small_sweep("sinks: [summary]\n").string()});
  EXPECT_THAT(result.output, AllOf(HasSubstr("16 problems, 48 cells to measure"), HasSubstr("[16/16] tp 3"),
                                   HasSubstr(" left)"), HasSubstr("Regret")));
}

TEST_F(SweepRun, MeasuresAutoAfterTheOthersAndNeverChoosesIt) {
  const auto result = runner({"--config", small_sweep("sinks: [cpp_table]\n").string(), "--enable_auto"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto dataset = read_csv(out() / "benchmark.tp2.cpu.csv").dataset;
  const auto count = std::count_if(dataset.rows().begin(), dataset.rows().end(),
                                   [](const auto& row) { return row.strategy == "AUTO" && row.usable(); });
  EXPECT_EQ(count, 8);
  EXPECT_THAT(read_file(out() / "gen_heuristic_code/generated_lookup_table.cpp"), Not(HasSubstr("{3,")));
}

TEST_F(SweepRun, MeasuresTheHoldoutOfEveryFusionAndNeverFitsIt) {
  const auto result =
      runner({"--config", small_sweep("sinks: [regret, summary]\n").string(), "--enable_auto", "--set", holdout});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto rows = read_csv(out() / "benchmark.tp2.cpu.holdout.csv").dataset.rows();
  EXPECT_EQ(rows.size(), 2U * 2U * 4U);  // fusions x shapes x strategies and AUTO
  for (const auto& row : rows) EXPECT_EQ(row.problem.hidden_size, 96);
  const auto grid = read_csv(out() / "benchmark.tp2.cpu.csv").dataset;
  for (const auto& row : grid.rows()) EXPECT_NE(row.problem.hidden_size, 96);
  EXPECT_THAT(read_file(out() / "regret.csv"), AllOf(HasSubstr("\nlut,heuristic,holdout,2,NONE,2,"),
                                                     HasSubstr("\nalways MPI,reference,holdout,3,all,4,"),
                                                     HasSubstr("\nAUTO,measured,holdout,all,all,8,0,")));
  EXPECT_THAT(result.output, HasSubstr("AUTO as measured: "));
}

TEST_F(SweepRun, MeasuresTheLimitsOfEachGroupFirstAndTheFloorOfEveryRow) {
  const auto result = runner({"--config", small_sweep("sinks: [lower_bound_distance, summary]\n").string(), "--probe"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  for (const std::string tp : {"2", "3"}) {
    const auto probe = read_file(out() / ("machine_probe.tp" + tp + ".cpu.csv"));
    EXPECT_THAT(probe, AllOf(StartsWith("kind,from,to,bytes,value,unit,run_id,schema\nlaunch,all,all,0,"),
                             HasSubstr("\none_way,0,1,0,"), HasSubstr("\npush,all,all,4194304,"),
                             HasSubstr("\npull,1,0,4194304,")));
    const auto csv = read_csv(out() / ("benchmark.tp" + tp + ".cpu.csv"));
    for (const auto& row : csv.dataset.rows()) {
      EXPECT_GT(row.lower_bound_us, 0.0) << to_string(row.problem) << " " << row.strategy;
    }
    EXPECT_TRUE(fs::exists(out() / ("viz/NONE/benchmark.tp" + tp + ".cpu_lower_bound_distance_heatmap.png")));
  }
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("tp 2: an operation starts in "), HasSubstr("tp 3: an operation starts in "),
                    HasSubstr("Fastest over the lower bound")));
}

TEST_F(SweepRun, ItsTablesAreThoseOfItsOwnCsvs) {
  const auto config = small_sweep("sinks: [cpp_table, regret, summary]\nenable_auto: true\n");
  const auto measured = runner({"--config", config.string(), "--set", holdout});
  ASSERT_EQ(measured.exit_code, 0) << measured.output;
  const auto again = dir_ / "again";
  const auto read =
      runner({"--config", config.string(), "--data_dir", out().string(), "--save_csv_dir", again.string()});
  ASSERT_EQ(read.exit_code, 0) << read.output;
  for (const char* file : {"gen_heuristic_code/generated_lookup_table.cpp", "regret.csv", "summary.txt"}) {
    EXPECT_EQ(read_file(out() / file), read_file(again / file)) << file;
  }
}

TEST_F(SweepRun, KeepsTheCsvsOfAnEarlierRun) {
  const auto config = small_sweep("sinks: [summary]\n");
  ASSERT_EQ(runner({"--config", config.string()}).exit_code, 0);
  const auto first = read_file(out() / "benchmark.tp2.cpu.csv");
  ASSERT_EQ(runner({"--config", config.string()}).exit_code, 0);
  EXPECT_EQ(read_file(out() / "benchmark.tp2.cpu.csv.1"), first);
}

TEST_F(SweepRun, RecordsWhatMadeItsRowsWithoutNamesAndPaths) {
  const auto config = small_sweep("sinks: [summary]\n");
  const auto home = dir_ / "home";
  fs::create_directories(home);
  const auto result = runner({"--config", config.string(), "--set", "problems.tp_size=[2]"},
                             {"HOME=" + home.string(), "USER=some-user", "HOSTNAME=some-host", "NCCL_ALGO=Ring",
                              "UCX_LOG_FILE=" + (home / "log").string()});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  std::vector<fs::path> records;
  for (const auto& entry : fs::directory_iterator(out())) {
    if (entry.path().filename().string().starts_with("run.")) records.push_back(entry.path());
  }
  ASSERT_EQ(records.size(), 1U);
  const std::string record = read_file(records.front());
  EXPECT_THAT(record, AllOf(HasSubstr("\"command_line\": [\n    \"runner\",\n    \"--config\",\n    \"sweep.yaml\""),
                            HasSubstr("\"NCCL_ALGO\": \"Ring\""), HasSubstr("\"UCX_LOG_FILE\": \"(a path)\""),
                            HasSubstr("\"measurement.min_samples\": \"3\""), HasSubstr("\"problems.tp_size=[2]\""),
                            HasSubstr("output_dir: out"), HasSubstr("\"mpi\": \"Open MPI ")));
  std::array<char, 256> host{};
  ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
  for (const std::string& text : {std::string("some-user"), std::string("some-host"), dir_.string(), home.string(),
                                  "\"" + std::string(host.data()) + "\"", std::string("\"/")}) {
    EXPECT_THAT(record, ::testing::Not(HasSubstr(text)));
  }
  const auto csv = read_csv(out() / "benchmark.tp2.cpu.csv");
  for (const auto& row : csv.dataset.rows()) EXPECT_EQ("run." + row.run_id + ".json", records.front().filename());
}

TEST_F(SweepRun, SetsAsideTheFilesOfARunItMayNotBeJoinedWithAndKeepsTheParts) {
  const auto config = small_sweep("sinks: [summary]\n");
  const auto run_tp = [&](const std::string& tp, const std::string& more) {
    return runner({"--config", config.string(), "--set", "problems.tp_size=[" + tp + "]", "--set", more});
  };
  ASSERT_EQ(run_tp("3", holdout).exit_code, 0);
  const auto part = run_tp("2", holdout);
  ASSERT_EQ(part.exit_code, 0) << part.output;
  EXPECT_TRUE(fs::exists(out() / "benchmark.tp3.cpu.csv"));
  const auto joined =
      runner({"--data_dir", out().string(), "--output_dir", out().string(), "--set", "sinks=[summary]"});
  EXPECT_EQ(joined.exit_code, 0) << joined.output;
  const auto other = run_tp("2", "measurement.min_samples=4");
  ASSERT_EQ(other.exit_code, 0) << other.output;
  for (const char* file : {"benchmark.tp3.cpu", "benchmark.tp3.cpu.holdout", "benchmark.tp2.cpu.holdout"}) {
    EXPECT_FALSE(fs::exists(out() / (std::string(file) + ".csv"))) << file;
    EXPECT_TRUE(fs::exists(out() / (std::string(file) + ".csv.1"))) << file;
  }
  EXPECT_THAT(other.output, HasSubstr("measurement.min_samples: 3 / 4"));
}

TEST_F(SweepRun, UsesTheRanksOfAnMpirunThatIsThereAlready) {
  const auto result =
      run({"mpirun", "--oversubscribe", "-n", "2", RUNNER, "--config", small_sweep("sinks: [summary]\n").string()},
          {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(fs::exists(out() / "benchmark.tp2.cpu.csv"));
  EXPECT_THAT(read_file(out() / "benchmark.tp3.cpu.log"), HasSubstr("needs 3 ranks, this run has 2"));
}

TEST_F(SweepRun, UnderAnMpirunThatIsThereAlreadyHasTheRulesOfOpenMpi) {
  const auto config =
      small_sweep("strategies: {RING: {strategy: MPI, algorithm: ring}}\nheuristics: {}\nsinks: [csv]\n");
  const auto result = run({"mpirun", "--oversubscribe", "-n", "2", RUNNER, "--config", config.string()},
                          {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto dataset = read_csv(out() / "benchmark.tp2.cpu.csv").dataset;
  EXPECT_EQ(dataset.rows().size(), 8U);
  for (const auto& row : dataset.rows()) EXPECT_TRUE(row.usable()) << row.reason;
}

TEST_F(SweepRun, AWrongStrategyIsWrittenAsFailedAndNeverChosen) {
  const auto config = small_sweep("strategies: [WRONG, TWOSHOT]\nsinks: [cpp_table, summary]\n");
  const auto result = runner({"--config", config.string(), "--plugin_dir", SAMPLES});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("WRONG, context isolated: before timing: iteration "), HasSubstr("16 cells failed")));
  const auto dataset = read_csv(out() / "benchmark.tp2.cpu.csv").dataset;
  for (const auto& row : dataset.rows()) EXPECT_EQ(row.failed, row.strategy == "WRONG");
  EXPECT_THAT(read_file(out() / "benchmark.tp2.cpu.log"), HasSubstr("WRONG"));
  EXPECT_THAT(
      read_file(out() / "gen_heuristic_code/generated_lookup_table.cpp"),
      AllOf(HasSubstr("{5,5,"), Not(HasSubstr("Strategy 100")), Not(HasSubstr("{100")), Not(HasSubstr(",100"))));
}

TEST_F(SweepRun, AStrategyThatThrowsCostsItsOwnCellsOnly) {
  const auto config = small_sweep("strategies: [THROWS, ONESHOT]\nsinks: [summary]\n");
  const auto result = runner({"--config", config.string(), "--plugin_dir", SAMPLES});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("rank 0: no wires left"));
  const auto dataset = read_csv(out() / "benchmark.tp3.cpu.csv").dataset;
  EXPECT_EQ(std::count_if(dataset.rows().begin(), dataset.rows().end(), [](const auto& row) { return row.usable(); }),
            8);
}

}  // namespace
}  // namespace arbiter::testing
