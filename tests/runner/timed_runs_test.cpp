// SPDX-License-Identifier: Apache-2.0
// What is timed is what is verified: strategies that are right only while somebody looks.
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class TimedRuns : public RunnerFixture {
 protected:
  [[nodiscard]] fs::path sweep(const std::string& context) const {
    return write("sweep.yaml",
                 "backend: host\n"
                 "problems: {tp_size: [2], fusion: [NONE], hidden_size: [256], num_tokens: [1, 4096]}\n"
                 "measurement: {time_target_ms: 5, min_samples: 6, min_sample_us: 50, context: [" +
                     context +
                     "]}\n"
                     "strategies:\n  MPI:\n  ONCE: {strategy: CHEATS, table_id: 131}\n"
                     "  EVERY_SECOND: {strategy: CHEATS, how: every_second_call, table_id: 132}\n"
                     "  OLD: {strategy: CHEATS, how: old_output, table_id: 133}\n"
                     "heuristics: [lut]\nsinks: [csv]\noutput_dir: " +
                     out().string() + "\n");
  }
};

TEST_F(TimedRuns, OfStrategiesThatWorkOnlyAtFirstFailInEveryContext) {
  for (const char* context : {"isolated", "back_to_back"}) {
    const auto result = runner({"--config", sweep(context).string(), "--plugin_dir", TIMED_SAMPLES});
    EXPECT_EQ(result.exit_code, 1) << result.output;
    EXPECT_THAT(result.output,
                AllOf(HasSubstr(std::string("ONCE, context ") + context + ": before timing: iteration "),
                      HasSubstr("was not written"), HasSubstr("EVERY_SECOND, context "), HasSubstr("OLD, context ")));
    const auto rows = read_csv(out() / "benchmark.tp2.cpu.csv").dataset.rows();
    EXPECT_EQ(rows.size(), 8U) << result.output;
    for (const auto& row : rows) {
      EXPECT_EQ(row.failed, row.strategy != "MPI") << context << ", " << to_string(row.problem) << " " << row.strategy;
    }
  }
}

}  // namespace
}  // namespace arbiter::testing
