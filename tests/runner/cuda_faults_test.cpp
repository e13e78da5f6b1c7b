// SPDX-License-Identifier: Apache-2.0
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class LostDevice : public RunnerFixture {
 protected:
  [[nodiscard]] std::filesystem::path sweep() const {
    return write("sweep.yaml",
                 "backend: cuda\n"
                 "problems: {tp_size: [2], dtype: bfloat16, fusion: [NONE], hidden_size: [256], "
                 "num_tokens: [2, 4, 8]}\n"
                 "measurement: {time_target_ms: 5, min_samples: 3, timeout_ms: 3000}\n"
                 "strategies: {NCCL: , LOSES_DEVICE: , ONESHOT: }\n"
                 "heuristics: [lut]\nsinks: [csv, cpp_table]\noutput_dir: " +
                     out().string() + "\n");
  }
};

using CheatingOnDevices = RunnerFixture;

TEST_F(LostDevice, CostsItsCellAndTheSweepGoesOnWithFreshRanks) {
  const auto plan = runner({"--config", sweep().string(), "--plugin_dir", SAMPLES, "--dry-run"});
  if (plan.exit_code != 0) GTEST_SKIP() << "needs 2 GPUs: " << plan.output;

  const auto result = runner({"--config", sweep().string(), "--plugin_dir", SAMPLES});
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("4 tokens x 256, LOSES_DEVICE"), HasSubstr("new ranks continue after it")));
  const auto rows = read_csv(out() / "benchmark.tp2.sm90.csv").dataset.rows();
  EXPECT_EQ(rows.size(), 2U * 7U) << result.output;
  for (const auto& row : rows) {
    EXPECT_EQ(row.failed, row.strategy == "LOSES_DEVICE") << to_string(row.problem) << " " << row.strategy;
  }
  EXPECT_TRUE(std::filesystem::exists(out() / "gen_heuristic_code/generated_lookup_table.cpp"));
}

TEST_F(CheatingOnDevices, FailsInEveryContextAndForm) {
  const auto sweep = [&](const std::string& graph) {
    return write(
        "cheats.yaml",
        "backend: cuda\n"
        "problems: {tp_size: [2], dtype: bfloat16, fusion: [NONE], hidden_size: [256], num_tokens: [2, 4096]}\n"
        "measurement: {time_target_ms: 5, min_samples: 6, context: [" +
            std::string(graph == "true" ? "engine, engine_early, back_to_back" : "back_to_back") +
            "], graph: " + graph +
            "}\n"
            "strategies:\n  NCCL:\n  ONESHOT:\n  ONCE: {strategy: CHEATS, table_id: 151}\n"
            "  EVERY_SECOND: {strategy: CHEATS, how: every_second_call, table_id: 152}\n"
            "  EAGER_ONLY: {strategy: CHEATS, how: eager_only, table_id: 153}\n"
            "heuristics: [lut]\nsinks: [csv]\noutput_dir: " +
            out().string() + "\n");
  };
  const auto plan = runner({"--config", sweep("true").string(), "--plugin_dir", SAMPLES, "--dry-run"});
  if (plan.exit_code != 0) GTEST_SKIP() << "needs 2 GPUs: " << plan.output;
  for (const bool graph : {true, false}) {
    const auto result = runner({"--config", sweep(graph ? "true" : "false").string(), "--plugin_dir", SAMPLES});
    EXPECT_EQ(result.exit_code, 1) << result.output;
    const auto rows = read_csv(out() / "benchmark.tp2.sm90.csv").dataset.rows();
    EXPECT_EQ(rows.size(), 2U * (graph ? 3U : 1U) * 5U) << result.output;
    for (const auto& row : rows) {
      const bool cheats =
          row.strategy == "ONCE" || row.strategy == "EVERY_SECOND" || (graph && row.strategy == "EAGER_ONLY");
      EXPECT_EQ(row.failed, cheats) << to_string(row.setting) << " " << row.strategy << "\n" << result.output;
    }
  }
}

}  // namespace
}  // namespace arbiter::testing
