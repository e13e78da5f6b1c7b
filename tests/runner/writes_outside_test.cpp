// SPDX-License-Identifier: Apache-2.0
// Strategies whose results are right, and that write where they must not.
#include <string>

#include "arbiter/csv.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::HasSubstr;

class WritesOutside : public RunnerFixture {
 protected:
  /// The rows of a sweep in which such a strategy is measured beside another.
  std::vector<Measurement> measured(const std::string& where, const std::string& fusion) {
    const auto file = write("sweep.yaml",
                            "backend: host\n"
                            "problems: {tp_size: [2], dtype: float32, fusion: [" +
                                fusion +
                                "], hidden_size: [64], num_tokens: [1, 8]}\n"
                                "strategies: {MPI: , WRITES_OUTSIDE: {where: " +
                                where +
                                "}}\n"
                                "measurement: {time_target_ms: 5, min_samples: 3, min_sample_us: 20}\n"
                                "heuristics: {}\nsinks: [csv]\noutput_dir: " +
                                out().string() + "\n");
    output_ = runner({"--config", file.string(), "--plugin_dir", BREAKING_SAMPLES}).output;
    return read_csv(out() / "benchmark.tp2.cpu.csv").dataset.rows();
  }
  void expect_failed(const std::string& where, const std::string& fusion, const std::string& reason) {
    const auto rows = measured(where, fusion);
    EXPECT_EQ(rows.size(), 4U) << output_;
    for (const auto& row : rows) EXPECT_EQ(row.failed, row.strategy == "WRITES_OUTSIDE") << row.strategy;
    EXPECT_THAT(output_, HasSubstr(reason));
  }

  std::string output_;
};

TEST_F(WritesOutside, NothingPasses) {
  for (const auto& row : measured("nowhere", "RESIDUAL_RMS_NORM")) EXPECT_FALSE(row.failed) << output_;
}

TEST_F(WritesOutside, BeforeAnOutputFails) {
  expect_failed("before_output", "NONE", "the memory before the output reduced was written to");
}

TEST_F(WritesOutside, BehindAnOutputFails) {
  expect_failed("behind_output", "NONE", "wrote past the end of an output");
}

TEST_F(WritesOutside, AroundTheMessageThatAnEpilogueReadsFails) {
  const auto* const reason = "the memory around the message that the epilogue reads was written to";
  expect_failed("before_output", "RESIDUAL_RMS_NORM", reason);
  std::filesystem::remove_all(out());
  expect_failed("behind_output", "RESIDUAL_RMS_NORM", reason);
}

TEST_F(WritesOutside, IntoTheMessageFails) {
  for (const char* fusion : {"NONE", "RESIDUAL_RMS_NORM"}) {
    expect_failed("message", fusion, "the message was written to");
    std::filesystem::remove_all(out());
  }
}

TEST_F(WritesOutside, BeforeTheMessageFails) {
  expect_failed("before_message", "NONE", "the memory before the message was written to");
}

}  // namespace
}  // namespace arbiter::testing
