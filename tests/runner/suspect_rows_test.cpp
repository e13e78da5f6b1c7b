// SPDX-License-Identifier: Apache-2.0
// Rows below the lower bound, from the clock to the artefacts: kept, said, never chosen.
#include <map>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"
#include "support/engine_sinks.hpp"

namespace arbiter::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class SuspectRows : public RunnerFixture {
 protected:
  /// Writes the CSV of a sweep in which `change` was applied to the rows of ONESHOT.
  template <class Change>
  [[nodiscard]] fs::path data(const std::string& name, const Change& change) const {
    auto folder = dir_ / name;
    CsvWriter csv(folder / "benchmark.tp2.sm90.csv");
    test::EngineSweep sweep;
    sweep.tp_sizes = {2};
    sweep.fusions = {"NONE", "RESIDUAL_RMS_NORM"};
    const auto measured = test::engine_sweep(sweep);
    for (auto row : measured.rows()) {
      row.setting.backend = "cuda";
      row.setting.context = Context::engine;
      if (row.strategy == "ONESHOT") change(row);
      csv.append(row);
      if (row.strategy == "ONESHOT" || row.strategy == "TWOSHOT") {  // for an engine, which never runs ours
        auto of_engine = row;
        of_engine.strategy = "ENGINE_" + row.strategy;
        csv.append(of_engine);
      }
      if (row.strategy == "ONESHOT" || row.strategy == "NCCL") {  // for NCCL's tuner: faster than NCCL, never the best
        if (row.strategy == "NCCL") row.time_us *= row.problem.message_bytes() < (1 << 20) ? 0.9 : 1.1;
        row.strategy = row.strategy == "NCCL" ? "NCCL_RING_LL128_8CH" : "NCCL_TREE_LL_8CH";
        csv.append(row);
      }
    }
    return folder;
  }

  /// Everything that the sinks made of the folder's CSV, by path, but for what lists single rows.
  [[nodiscard]] std::map<std::string, std::string> artefacts(const fs::path& folder, std::string& summary) const {
    const auto out = folder / "artefacts";
    constexpr const char* heuristics =
        "heuristics={lut_argmin: {heuristic: lut, mode: argmin}, lut_stable: {heuristic: lut, mode: stable}, "
        "lp: , cost_model: }";
    constexpr const char* sinks =
        "sinks={cpp_table: , cpp_header: , nccl_tuner: , "
        "trtllm_table: {one_shot: [ENGINE_ONESHOT], two_shot: [ENGINE_TWOSHOT]}, "
        "vllm: {one_shot: [ENGINE_ONESHOT], two_shot: [ENGINE_TWOSHOT], custom: [ENGINE_ONESHOT, ENGINE_TWOSHOT]}, "
        "sglang: {one_shot_push: [ENGINE_ONESHOT], two_shot_pull: [ENGINE_TWOSHOT]}, "
        "flashinfer: {one_shot: [ENGINE_ONESHOT], two_shot: [ENGINE_TWOSHOT]}, regret: , summary: , heatmap: {formats: "
        "[svg]}, best_strategy: {formats: [svg]}, "
        "strategy_difference: {formats: [svg]}}";
    const auto result =
        runner({"--data_dir", folder.string(), "--save_csv_dir", out.string(), "--set", heuristics, "--set", sinks});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(out)) {
      if (entry.is_regular_file()) files[fs::relative(entry.path(), out).string()] = read_file(entry.path());
    }
    summary = files["summary.txt"];
    files.erase("summary.txt");
    return files;
  }
};

TEST_F(SuspectRows, OfARunAreInTheCsvAndTheLogAndNoHeuristicChoosesThem) {
  const auto config = write("sweep.yaml",
                            "backend: slow_machine\n"
                            "problems: {tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1, 8]}\n"
                            "measurement: {time_target_ms: 20, min_samples: 6, probe: true}\n"
                            "strategies:\n"
                            "  AT_ONCE: {strategy: WAITS, us: 12.5, table_id: 131}\n"
                            "  LATE: {strategy: WAITS, us: 2500, table_id: 132}\n"
                            "  LATER: {strategy: WAITS, us: 5000, table_id: 133}\n"
                            "heuristics: {lut_argmin: {heuristic: lut, mode: argmin}, "
                            "lut_stable: {heuristic: lut, mode: stable}, lp: {order: [AT_ONCE, LATE, LATER]}}\n"
                            "enable_auto: true\n"
                            "sinks: {csv: , json: , summary: , cpp_header: }\noutput_dir: " +
                                out().string() + "\n");
  const auto result = runner({"--config", config.string(), "--plugin_dir", SLOW_MACHINE});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, ContainsRegex("suspect: .*8 tokens x 64.*, AT_ONCE, context back_to_back: 12.5 us is less "
                                           "than the lower bound of 1 ms"));
  EXPECT_THAT(result.output, Not(HasSubstr("AT_ONCE failed")));

  const auto file = out() / "benchmark.tp2.slow.csv";
  const auto rows = read_csv(file).dataset.rows();
  EXPECT_EQ(rows.size(), 8U) << result.output;
  for (const auto& row : rows) {
    EXPECT_EQ(row.suspect, row.strategy == "AT_ONCE") << row.strategy;
    EXPECT_FALSE(row.failed) << row.strategy;
    EXPECT_EQ(row.lower_bound_us, 1000.0) << row.strategy;
    const double expected_us = row.strategy == "AT_ONCE" ? 12.5 : row.strategy == "LATER" ? 5000.0 : 2500.0;
    EXPECT_EQ(row.time_us, expected_us) << row.strategy << ": AUTO runs what was chosen";
  }
  EXPECT_THAT(read_file(file), HasSubstr(",suspect,"));
  EXPECT_THAT(read_file(out() / "summary.txt"),
              HasSubstr("2 measurements are suspect, below the lower bound, and not in the table"));
  const auto header = read_file(out() / "arbiter_decision.hpp");
  EXPECT_THAT(header, HasSubstr("LATE"));
  EXPECT_THAT(header, Not(HasSubstr("AT_ONCE")));
}

constexpr const char* heatmap = "viz/NONE/benchmark.tp2.sm90_heatmap.svg";

TEST_F(SuspectRows, MakeNoMoreOfAnyArtefactThanFailedOnesDo) {
  const auto fast = [](Measurement& row) { row.time_us = 0.3; };
  const auto suspect = [&](Measurement& row) {
    row.lower_bound_us = row.time_us;
    fast(row);
    row.suspect = true;
  };
  const auto failed = [](Measurement& row) {
    row.time_us = Measurement::none;
    row.failed = true;
  };
  const auto shows_the_time = [](const std::string& picture) { return picture.find(">0.3<") != std::string::npos; };
  std::string ignored;
  auto of_fast = artefacts(data("fast", fast), ignored);
  std::string suspects;
  const auto of_suspects = artefacts(data("suspect", suspect), suspects);
  std::string failures;
  const auto of_failures = artefacts(data("failed", failed), failures);
  EXPECT_GE(of_failures.size(), 13U);
  EXPECT_TRUE(shows_the_time(of_fast[heatmap]));
  EXPECT_NE(of_fast["engines/vllm/vllm.py"], of_failures.at("engines/vllm/vllm.py"));
  for (const auto& [name, text] : of_failures) {
    const auto other = of_suspects.find(name);
    if (other == of_suspects.end()) {
      ADD_FAILURE() << name << " is not there";
    } else if (name == "artefacts.json") {
      EXPECT_TRUE(other->second != text);        // it names the data
    } else if (name.ends_with("heatmap.svg")) {  // which tell a cell that failed from one without a time
      EXPECT_FALSE(shows_the_time(other->second)) << name;
    } else {
      EXPECT_TRUE(other->second == text) << name << " differs";
    }
  }
  EXPECT_EQ(of_suspects.size(), of_failures.size());
  EXPECT_THAT(suspects, HasSubstr("300 measurements are suspect, below the lower bound, and not in the table"));
  EXPECT_THAT(failures, HasSubstr("300 measurements failed and are not in the table"));
}

}  // namespace
}  // namespace arbiter::testing
