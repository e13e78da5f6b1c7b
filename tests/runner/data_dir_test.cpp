// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* header = "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us)\n";

class DataDir : public RunnerFixture {
 protected:
  void SetUp() override {
    write("data/benchmark.tp2.sm90.csv", std::string(header) +
                                             "2,bfloat16,256,1,128,NCCL,NONE,allreduce,9.5\n"
                                             "2,bfloat16,256,1,128,ONESHOT,NONE,allreduce,2.5\n"
                                             "2,bfloat16,256,1,128,AUTO,NONE,allreduce,1.0\n"
                                             "2,bfloat16,512,2,128,NCCL,NONE,allreduce,9.5\n"
                                             "2,bfloat16,512,2,128,TWOSHOT,NONE,allreduce,3.5\n");
    write("data/benchmark.tp4.sm90.csv", std::string(header) +
                                             "4,bfloat16,256,1,128,NCCL,RESIDUAL_RMS_NORM,allreduce,9.5\n"
                                             "4,bfloat16,256,1,128,NCCL_SYMMETRIC,RESIDUAL_RMS_NORM,allreduce,4.5\n");
  }
  [[nodiscard]] std::string data() const { return (dir_ / "data").string(); }
};

TEST_F(DataDir, MakesTableAndPicturesBesideTheCsvsOfTheOldTools) {
  const auto result = runner({"--data_dir", data(), "--output_dir", data()});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto table = read_file(dir_ / "data/gen_heuristic_code/generated_lookup_table.cpp");
  EXPECT_THAT(
      table,
      AllOf(HasSubstr("inline AllReduceBestStrategyTableType AllReduceBestStrategyTableSM90 = {\n"),
            HasSubstr("            {4,5,5,5,5,5,5,5,5,5,5,5,5,5,5}, // hidden_size=128\n"),
            HasSubstr("            {8,8,8,8,8,8,8,8,8,8,8,8,8,8,8}, // hidden_size=128\n"),
            HasSubstr(
                "// Not measured: tp 2, NONE, hidden 128: tokens 4..16384\n// Not measured: tp 2, NONE, hidden 256\n"),
            HasSubstr("// Not measured: tp 8\n")));
  EXPECT_TRUE(fs::exists(dir_ / "data/viz/NONE/benchmark.tp2.sm90_heatmap.png"));
  EXPECT_TRUE(fs::exists(dir_ / "data/viz/RESIDUAL_RMS_NORM/benchmark.tp4.sm90_best_strategy.png"));
}

TEST_F(DataDir, TheVerdictComesAfterWhatTheOtherSinksSayWhereverItsSinkIsListed) {
  const auto result = runner({"--data_dir", data(), "--set", "sinks=[summary, regret, cpp_header]", "--output_dir",
                              (dir_ / "verdict").string()});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto verdict =
      result.output.find("Fastest, or within 1 %, in 100 % of 3 cells: tp 2: ONESHOT to 256 B, TWOSHOT above; tp 4:");
  ASSERT_NE(verdict, std::string::npos) << result.output;
  EXPECT_GT(verdict, result.output.find("regret.csv: "));
  EXPECT_THAT(result.output.substr(verdict), HasSubstr("Next: arbiter_decision.hpp "));
}

TEST_F(DataDir, TheTableIsTheSameByteForByteEveryTime) {
  ASSERT_EQ(runner({"--data_dir", data(), "--output_dir", data()}).exit_code, 0);
  const auto first = read_file(dir_ / "data/gen_heuristic_code/generated_lookup_table.cpp");
  ASSERT_EQ(runner({"--data-dir", data(), "--save-csv-dir", (dir_ / "elsewhere").string()}).exit_code, 0);
  EXPECT_EQ(read_file(dir_ / "elsewhere/gen_heuristic_code/generated_lookup_table.cpp"), first);
}

TEST_F(DataDir, JudgesItsTablesByTheHoldoutBesideTheCsvsAndNeverFitsIt) {
  const auto run_into = [&](const std::string& out) {
    return runner({"--data_dir", data(), "--set", "sinks={csv: , cpp_table: {axes: data}, regret: , summary: }",
                   "--save_csv_dir", (dir_ / out).string()});
  };
  ASSERT_EQ(run_into("before").exit_code, 0);
  write("data/benchmark.tp2.sm90.holdout.csv", std::string(header) +
                                                   "2,bfloat16,600,3,100,NCCL,NONE,allreduce,9.0\n"
                                                   "2,bfloat16,600,3,100,ONESHOT,NONE,allreduce,10.0\n"
                                                   "2,bfloat16,600,3,100,TWOSHOT,NONE,allreduce,18.0\n");
  const auto result = run_into("after");
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(read_file(dir_ / "after/regret.csv"),
              AllOf(HasSubstr("\nalways NCCL,reference,holdout,2,NONE,1,0,0.0000,"),
                    HasSubstr("\nbest constant strategy,reference,holdout,2,NONE,1,0,0.0000,"),
                    HasSubstr("\nlut,heuristic,holdout,2,NONE,1,"),
                    HasSubstr("\nlut,heuristic,grid,4,RESIDUAL_RMS_NORM,1,0,0.0000,")));
  EXPECT_THAT(read_file(dir_ / "after/summary.txt"), HasSubstr("| holdout of 1, never fitted"));
  EXPECT_TRUE(fs::exists(dir_ / "after/benchmark.tp2.sm90.holdout.csv"));
  const auto table = "gen_heuristic_code/generated_lookup_table.cpp";
  EXPECT_EQ(read_file(dir_ / "after" / table), read_file(dir_ / "before" / table));
}

TEST_F(DataDir, SaysOnceWhichNamesNobodyKnowsAndDecidesWithoutTimesOverBytes) {
  const auto out = (dir_ / "out").string();
  ASSERT_EQ(runner({"--data_dir", data(), "--output_dir", out, "--set", "sinks=[cpp_table]"}).exit_code, 0);
  const auto table = dir_ / "out/gen_heuristic_code/generated_lookup_table.cpp";
  const auto before = read_file(table);
  write("data/bytes.csv", "strategy,world_size,dtype,size_bytes,time_us\nTWOSHOT,2,float16,256,0.001\n");
  const auto result = runner({"--data_dir", data(), "--output_dir", out, "--set", "sinks=[cpp_table]"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output,
              HasSubstr("times over bytes: TWOSHOT, tp 2, float16, NONE, 1 sizes from 256 to 256 bytes"));
  EXPECT_EQ(read_file(table), before);
  write("data/benchmark.tp2.sm90.csv", std::string(header) +
                                           "2,torch.bfloat16,256,1,128,AllReduceStrategy.ONESHOOT,0,allreduce,9.5\n"
                                           "2,torch.bfloat16,512,2,128,AllReduceStrategy.ONESHOOT,0,allreduce,9.5\n");
  const auto unknown = runner({"--data_dir", data(), "--output_dir", out, "--set", "sinks=[regret]"});
  const auto first = unknown.output.find("strategy ONESHOOT, which is none");
  EXPECT_THAT(unknown.output, HasSubstr("did you mean ONESHOT?"));
  EXPECT_EQ(unknown.output.find("strategy ONESHOOT, which is none", first + 1), std::string::npos);
}

TEST_F(DataDir, ComparesItsTablesWithThoseOfOthers) {
  ASSERT_EQ(runner({"--data_dir", data(), "--output_dir", data(), "--set", "sinks=[cpp_table]"}).exit_code, 0);
  const auto config = write("sweep.yaml",
                            "heuristics: [lut]\nsinks: [regret]\ncompare:\n"
                            "  - {name: earlier, file: data/gen_heuristic_code/generated_lookup_table.cpp}\n");
  const auto judge = [&] {
    return runner({"--config", config.string(), "--data_dir", data(), "--output_dir", (dir_ / "judged").string()});
  };
  const auto result = judge();
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(read_file(dir_ / "judged/regret.csv"), HasSubstr("\nearlier,compared,grid,all,all,3,0,0.0000,"));
  write("data/gen_heuristic_code/generated_lookup_table.cpp", "no table");
  const auto broken = judge();
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_THAT(broken.output, AllOf(HasSubstr("compare: earlier: "), HasSubstr("generated_lookup_table.cpp")));
}

TEST_F(DataDir, ReproducesTheRegretOfAKeptResultWithoutItsGpu) {
  const auto result =
      runner({"--config", std::string(CONFIGS) + "/h200.yaml", "--data_dir", std::string(RESULTS) + "/h200",
              "--save_csv_dir", (dir_ / "again").string(), "--set", "sinks=[regret, summary]"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto regret = read_file(dir_ / "again/regret.csv");
  const auto mean_of = [&](const std::string& selector) {
    const auto row = "\n" + selector + ",grid,2,all,420,0,";
    const auto at = regret.find(row);
    EXPECT_NE(at, std::string::npos) << row << " is not in\n" << regret;
    return at == std::string::npos ? -1.0 : std::stod(regret.substr(at + row.size()));
  };
  const double lut = mean_of("lut,heuristic");
  EXPECT_GE(lut, 0.0);
  EXPECT_LT(lut, 1.0);
  EXPECT_LT(lut, mean_of("best byte threshold,reference"));
  EXPECT_GT(mean_of("always NCCL,reference"), 100.0);
  EXPECT_THAT(regret, AllOf(HasSubstr("\nlp,heuristic,grid,2,NONE,105,"), HasSubstr("\nAUTO,measured,grid,2,NONE,")));
  EXPECT_THAT(read_file(dir_ / "again/summary.txt"), HasSubstr("AUTO as measured: grid mean "));
}

TEST_F(DataDir, TheRecordOfTheRunSaysWhatItsStrategiesAre) {
  const auto result = runner({"--data_dir", std::string(RESULTS) + "/h200-contexts", "--save_csv_dir",
                              (dir_ / "again").string(), "--set", "sinks=[cpp_table, json]"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(read_file(dir_ / "again/gen_heuristic_code/generated_lookup_table.cpp"),
              AllOf(HasSubstr("110: ONESHOT_PLAIN\n"), HasSubstr("111: TWOSHOT_PLAIN\n")));
  const auto document = nlohmann::json::parse(read_file(dir_ / "again/decision.json"));
  const auto& plain = document.at("strategies").at("TWOSHOT_PLAIN");
  EXPECT_EQ(plain.at("strategy"), "TWOSHOT");
  EXPECT_EQ(plain.at("backend"), "cuda");
  EXPECT_EQ(plain.at("parameters").at("programmatic"), "false");
  EXPECT_EQ(document.at("strategies").at("TWOSHOT").at("parameters").at("programmatic"), "true");
}

TEST_F(DataDir, WhatTheDataDoNotAllowFailsOnlyWhereItIsAskedForByName) {
  write("data/benchmark.tp2.sm90.csv", std::string(header) + "2,bfloat16,256,1,128,MINE,NONE,allreduce,9.5\n");
  const auto out = (dir_ / "out").string();
  const auto result = runner({"--data_dir", data(), "--output_dir", out});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("the run continues without cpp_table: cpp_table: lut chose MINE for "));
  EXPECT_FALSE(fs::exists(dir_ / "out/gen_heuristic_code/generated_lookup_table.cpp"));
  EXPECT_TRUE(fs::exists(dir_ / "out/decision.json"));
  EXPECT_EQ(runner({"--data_dir", data(), "--output_dir", out, "--set", "sinks=[cpp_table]"}).exit_code, 1);
}

TEST_F(DataDir, AReaderThatReadsOneLineCostsNoFileAndLeavesNoLock) {
  const auto out = dir_ / "out";
  const auto command = fmt::format("{} --data_dir {} --output_dir {} --set sinks=[json,summary] | head -1", RUNNER,
                                   data(), out.string());
  const auto result = run({"bash", "-c", "set -o pipefail; " + command});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(fs::exists(out / "decision.json"));
  EXPECT_TRUE(fs::exists(out / "summary.txt"));
  EXPECT_FALSE(fs::exists(out / "lock"));
}

TEST_F(DataDir, RunsThatDifferAreJoinedOnlyWhereThatIsAllowedAndTheReportSaysSo) {
  const auto part = [&](int tp_size, const std::string& run, const std::string& driver) {
    const auto tp = std::to_string(tp_size);
    write("mixed/benchmark.tp" + tp + ".sm90.csv",
          "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us),context,run_id,schema\n" + tp +
              ",bfloat16,256,1,128,NCCL,NONE,9.5,engine," + run + ",3\n" + tp +
              ",bfloat16,256,1,128,ONESHOT,NONE,9.6,engine," + run + ",3\n" + tp +
              ",bfloat16,256,1,128,NCCL,NONE,9.5,back_to_back," + run + ",3\n" + tp +
              ",bfloat16,256,1,128,ONESHOT,NONE,2.5,back_to_back," + run + ",3\n");
    write("mixed/run." + run + ".json", R"({"format": "arbiter-run", "schema": 3, "run_id": ")" + run +
                                            R"(", "date": "2026-11-28T03:13:57Z",
              "arbiter": {"version": "0.2.0", "commit": ""}, "command_line": [], "settings": {},
              "machine": {"platform": "sm90", "facts": {"driver": ")" +
                                            driver + R"("}}, "packages": {}, "environment": {},
              "config": {"source": "", "hash": "", "overrides": [], "text": ""}})");
  };
  part(2, "one", "580.1");
  part(4, "two", "590.2");
  const auto mixed = (dir_ / "mixed").string();
  const auto sinks = "sinks={cpp_table: {axes: data}, summary: , csv: }";
  const auto refused = runner({"--data_dir", mixed, "--set", sinks});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("run one of 2026-11-28T03:13:57Z (benchmark.tp2.sm90.csv)"),
                                    HasSubstr("driver: 580.1 / 590.2"), HasSubstr("--allow_mixed")));
  const auto allowed =
      runner({"--data_dir", mixed, "--set", sinks, "--allow_mixed", "--save_csv_dir", (dir_ / "joined").string()});
  ASSERT_EQ(allowed.exit_code, 0) << allowed.output;
  EXPECT_THAT(allowed.output,
              AllOf(HasSubstr("driver: 580.1 / 590.2"),
                    HasSubstr("decisions, tables and pictures are of allreduce, context engine; in the data are also: "
                              "allreduce, context back_to_back")));
  const auto summary = read_file(dir_ / "joined/summary.txt");
  EXPECT_THAT(summary, AllOf(HasSubstr("joined although run one of "), HasSubstr("run: two of 2026-11-28T03:13:57Z"),
                             HasSubstr("setting: allreduce, context engine"),
                             HasSubstr("Of 2 cells the best strategy differs in 2 between engine and back_to_back")));
  const auto table = read_file(dir_ / "joined/gen_heuristic_code/generated_lookup_table.cpp");
  EXPECT_THAT(table, AllOf(HasSubstr("// Setting: allreduce, context engine, bfloat16.\n"), HasSubstr("// Run one of "),
                           HasSubstr("// Joined although run one of "), HasSubstr("{0} // hidden_size=128")));
  // All contexts are copied, and the records with them.
  EXPECT_THAT(read_file(dir_ / "joined/benchmark.tp4.sm90.csv"), HasSubstr("back_to_back,"));
  EXPECT_TRUE(fs::exists(dir_ / "joined/run.two.json"));

  const auto config = write("chosen.yaml", "measurement: {context: [back_to_back]}\nheuristics: [lut]\n");
  const auto chosen = runner({"--config", config.string(), "--data_dir", mixed, "--set", sinks, "--allow_mixed",
                              "--save_csv_dir", (dir_ / "chosen").string()});
  ASSERT_EQ(chosen.exit_code, 0) << chosen.output;
  EXPECT_THAT(read_file(dir_ / "chosen/gen_heuristic_code/generated_lookup_table.cpp"),
              AllOf(HasSubstr("context back_to_back, bfloat16"), HasSubstr("{4} // hidden_size=128")));
}

TEST_F(DataDir, AConfigurationSaysNothingOfRowsThatItsBackendDidNotMeasure) {
  const auto config = write("host.yaml",
                            "backend: host\nstrategies: {ONESHOT: , MPI: }\nheuristics: [lut]\n"
                            "sinks: {json: , cpp_table: {axes: data}}\n");
  const auto decision_of = [&](const std::string& backend, const std::string& run) {
    write("measured/benchmark.tp2.sm90.csv",
          "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us),backend,run_id,schema\n"
          "2,bfloat16,256,1,128,ONESHOT,NONE,1.5," +
              backend + "," + run + ",3\n");
    auto out = dir_ / ("of_" + backend + run);
    const auto result =
        runner({"--config", config.string(), "--data_dir", (dir_ / "measured").string(), "--output_dir", out.string()});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return out;
  };
  const char* const defined = R"("ONESHOT":{"strategy":"ONESHOT","backend":"host")";
  const auto text = [](const fs::path& out) {
    std::string joined = read_file(out / "decision.json");
    std::erase_if(joined, [](char c) { return c == ' ' || c == '\n'; });
    return joined;
  };
  EXPECT_THAT(text(decision_of("host", "one")), HasSubstr(defined));
  for (const auto& [backend, run] : {std::pair{"cuda", "one"}, {"host", ""}}) {
    const auto out = decision_of(backend, run);
    EXPECT_THAT(text(out), ::testing::Not(HasSubstr(defined))) << backend << run;
    EXPECT_THAT(read_file(out / "gen_heuristic_code/generated_lookup_table.cpp"),
                HasSubstr("// Strategy 4: ONESHOT\n//   as the data call it; what ran is not recorded\n"));
  }
}

TEST_F(DataDir, SeveralSmVersionsNeedOneToBeNamed) {
  write("data/benchmark.tp2.sm100.csv", std::string(header) + "2,bfloat16,256,1,128,NCCL,NONE,allreduce,1.5\n");
  const auto unnamed = runner({"--data_dir", data()});
  EXPECT_EQ(unnamed.exit_code, 1);
  EXPECT_THAT(unnamed.output, AllOf(HasSubstr("sm90"), HasSubstr("sm100")));
  const auto named = runner({"--data_dir", data(), "--sm_version", "100", "--output_dir", data()});
  EXPECT_EQ(named.exit_code, 0) << named.output;
  EXPECT_THAT(read_file(dir_ / "data/gen_heuristic_code/generated_lookup_table.cpp"),
              HasSubstr("AllReduceBestStrategyTableSM100"));
}

TEST_F(DataDir, AMalformedLineStopsTheRunUnlessItIsToBeSkipped) {
  write("data/benchmark.tp8.sm90.csv", std::string(header) +
                                           "8,bfloat16,256,1,128,NCCL,NONE,allreduce,7.5\n"
                                           "8,bfloat16,256,one,128,NCCL,NONE,allreduce,7.5\n");
  const auto strict = runner({"--data_dir", data()});
  EXPECT_EQ(strict.exit_code, 1);
  EXPECT_THAT(strict.output, AllOf(HasSubstr("benchmark.tp8.sm90.csv:3"), HasSubstr("num_tokens"), HasSubstr("one")));
  const auto skipping = runner({"--data_dir", data(), "--skip_bad_rows", "--output_dir", data()});
  EXPECT_EQ(skipping.exit_code, 0) << skipping.output;
  EXPECT_THAT(skipping.output, HasSubstr("1 malformed row"));
}

TEST_F(DataDir, AFolderWithoutCsvsIsTold) {
  const auto result = runner({"--data_dir", dir_.string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr(dir_.string()));
}

TEST_F(DataDir, WithoutGnuplotOnlyThePicturesAreMissing) {
  const auto result = runner({"--data_dir", data(), "--output_dir", data()}, {"PATH=" + (dir_ / "empty").string()});
  EXPECT_THAT(result.output, HasSubstr("gnuplot"));
  EXPECT_TRUE(fs::exists(dir_ / "data/gen_heuristic_code/generated_lookup_table.cpp"));
  EXPECT_FALSE(fs::exists(dir_ / "data/viz/NONE/benchmark.tp2.sm90_heatmap.png"));
}

}  // namespace
}  // namespace arbiter::testing
