// SPDX-License-Identifier: Apache-2.0
#include "sweep/log.hpp"

#include <algorithm>
#include <regex>

#include <gmock/gmock.h>

namespace arbiter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Measurement> rows() {
  Measurement good;
  good.problem = {2, DType::bfloat16, "NONE", 64, 1};
  good.strategy = "ONESHOT";
  good.time_us = 12.5;
  Measurement failed = good;
  failed.strategy = "RING";
  failed.time_us = Measurement::none;
  failed.failed = true;
  Measurement suspect = good;
  suspect.strategy = "SHY";
  suspect.time_us = 0.25;
  suspect.suspect = true;
  return {good, failed, suspect};
}

TEST(Progress, APipeGetsAPlainLinePerProblem) {
  ::testing::internal::CaptureStdout();
  {
    Progress progress(0, 2, 2.0);
    progress.advance(rows(), 1.0);
  }
  EXPECT_THAT(
      ::testing::internal::GetCapturedStdout(),
      AllOf(
          HasSubstr("[1/2] tp 2, bfloat16, NONE, 1 tokens x 64: ONESHOT 12.5 us, RING failed, SHY 0.25 us (suspect) ("),
          HasSubstr(" left)\n"), Not(HasSubstr("\r"))));
}

TEST(Progress, ATerminalGetsOneLineThatIsRewritten) {
  ::testing::internal::CaptureStdout();
  {
    Progress progress(140, 2, 2.0);
    progress.advance(rows(), 1.0);
    progress.advance(rows(), 1.0);
  }
  const auto output = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(output, AllOf(HasSubstr("\r\x1b[K[############............] 1/2"), HasSubstr("2/2  0 s left")));
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 1) << "the line ends when the progress does";
}

/// What a terminal of that width shows in the end, while the second problem is measured. The seconds left are made 1:
/// they depend on how long this test takes.
std::string line_on(int columns) {
  ::testing::internal::CaptureStdout();
  {
    Progress progress(columns, 2, 2.0);
    progress.begin(rows().front().problem);
    progress.advance(rows(), 1.0);
    progress.begin({4, DType::bfloat16, "RESIDUAL_RMS_NORM", 8192, 16});
  }
  auto output = ::testing::internal::GetCapturedStdout();
  output.pop_back();
  return std::regex_replace(output.substr(output.rfind("\x1b[K") + 3), std::regex("[0-9]+ s left"), "1 s left");
}

TEST(Progress, ATerminalShowsTheTimeLeftTheCellInProgressAndTheLastWinner) {
  EXPECT_EQ(line_on(140),
            "[############............] 1/2  1 s left  tp 4, bfloat16, RESIDUAL_RMS_NORM, 16 tokens x 8192  last: "
            "ONESHOT 12.5 us");
}

TEST(Progress, ALineIsNeverLongerThanTheTerminal) {
  EXPECT_EQ(line_on(100), "1/2  1 s left  tp 4, bfloat16, RESIDUAL_RMS_NORM, 16 tokens x 8192  last: ONESHOT 12.5 us");
  EXPECT_EQ(line_on(80), "1/2  1 s left  tp 4, RESIDUAL_RMS_NORM, 16 x 8192  last: ONESHOT 12.5 us");
  EXPECT_EQ(line_on(40), "1/2  1 s left  tp 4, RESIDUAL_RMS_NO...");
  EXPECT_EQ(line_on(1).size(), 19U);
}

TEST(Progress, BeforeAnythingIsMeasuredThePlanSaysHowLongItTakes) {
  ::testing::internal::CaptureStdout();
  Progress(80, 2, 185.0).begin(rows().front().problem);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("0/2  3 min 05 s left  tp 2, bfloat16, NONE"));
}

TEST(Progress, NothingIsTheLastWinnerWhereAllFailed) {
  ::testing::internal::CaptureStdout();
  Progress(120, 1, 1.0).advance({rows()[1]}, 1.0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("  last: none"));
}

TEST(Log, KeepsNamesFromMovingTheCursorAndFromForgingLines) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  log::say("a\x1B[2Jb");
  log::error(
      "sink \x9B"
      "1m\nerror: forged");
  for (const int columns : {0, 120}) {
    std::vector<Measurement> named = rows();
    named[0].problem.fusion = named[0].strategy = "x\x1B]0;title\a";
    Progress(columns, 1, 1.0).advance(named, 1.0);
  }
  const auto said = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(said, AllOf(HasSubstr("a\\x1b[2Jb\n"), HasSubstr("x\\x1b]0;title\\x07"), Not(HasSubstr("\a"))));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "error: sink \\x9b1m\n  error: forged\n");
}

TEST(Progress, APauseEndsTheLineOnce) {
  ::testing::internal::CaptureStdout();
  {
    Progress progress(140, 2, 2.0);
    progress.pause();
    progress.advance(rows(), 1.0);
    progress.pause();
    progress.pause();
  }
  const auto output = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 1);
  EXPECT_EQ(output.back(), '\n');
}

}  // namespace
}  // namespace arbiter
