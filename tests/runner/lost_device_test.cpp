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
                 "measurement: {time_budget_ms: 5, min_samples: 3, timeout_ms: 3000}\n"
                 "strategies: {NCCL: , LOSES_DEVICE: , ONESHOT: }\n"
                 "heuristics: [lut]\nsinks: [csv, cpp_table]\noutput_dir: " +
                     out().string() + "\n");
  }
};

TEST_F(LostDevice, CostsItsCellAndTheSweepGoesOnWithFreshRanks) {
  const auto plan = runner({"--config", sweep().string(), "--plugin_dir", SAMPLES, "--dry-run"});
  if (plan.exit_code != 0) GTEST_SKIP() << "needs 2 GPUs: " << plan.output;

  const auto result = runner({"--config", sweep().string(), "--plugin_dir", SAMPLES});
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("4 tokens x 256, LOSES_DEVICE"), HasSubstr("new ranks continue after it")));
  const auto rows = read_csv(out() / "benchmark.tp2.sm90.csv").dataset.rows();
  EXPECT_EQ(rows.size(), 7U) << result.output;
  for (const auto& row : rows) {
    EXPECT_EQ(row.failed, row.strategy == "LOSES_DEVICE") << to_string(row.problem) << " " << row.strategy;
  }
  EXPECT_TRUE(std::filesystem::exists(out() / "gen_heuristic_code/generated_lookup_table.cpp"));
}

}  // namespace
}  // namespace arbiter::testing
