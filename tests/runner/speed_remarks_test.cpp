// SPDX-License-Identifier: Apache-2.0
// A device that becomes slower while a cell is measured is said, with its clocks and the reason.
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SpeedRemarks : public RunnerFixture {
 protected:
  [[nodiscard]] std::string output_of_cells(int cells) const {
    const auto config = write("sweep.yaml",
                              "backend: slow_machine\n"
                              "problems: {tp_size: [2], fusion: [NONE], hidden_size: [64], "
                              "num_tokens: {from: 1, to: " +
                                  std::to_string(cells) +
                                  ", step: 1}}\n"
                                  "measurement: {time_target_ms: 5, min_samples: 6}\n"
                                  "strategies: [WAITS]\nheuristics: []\nsinks: [csv]\noutput_dir: " +
                                  out().string() + "\n");
    const auto result = runner({"--config", config.string(), "--plugin_dir", SLOW_MACHINE});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return result.output;
  }
};

// The slow machine loses 200 MHz each time it is asked, and says why after the first cell.
TEST_F(SpeedRemarks, NameTheCellTheClocksAndTheReason) {
  const auto output = output_of_cells(2);
  EXPECT_THAT(output,
              HasSubstr("1 tokens x 64, context back_to_back: rank 0: the clock fell from 2000 to 1800 MHz, the "
                        "device was slowed down (temperature)\n"));
  EXPECT_THAT(output, HasSubstr("2 tokens x 64, context back_to_back: rank 0: the clock fell from 1600 to 1400 MHz\n"));
}

TEST_F(SpeedRemarks, EndAfterTheFifth) {
  const auto output = output_of_cells(6);
  EXPECT_THAT(output, HasSubstr("5 tokens x 64, context back_to_back: rank 0: the clock fell from 400 to 200 MHz; more "
                                "of this is not said\n"));
  EXPECT_THAT(output, Not(HasSubstr("6 tokens x 64, context back_to_back: rank 0: the clock")));
}

}  // namespace
}  // namespace arbiter::testing
