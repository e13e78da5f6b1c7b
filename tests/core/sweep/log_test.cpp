// SPDX-License-Identifier: Apache-2.0
#include "sweep/log.hpp"

#include <algorithm>

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

TEST(Progress, DurationsReadNaturally) {
  EXPECT_EQ(duration_text(0.0), "0 s");
  EXPECT_EQ(duration_text(41.2), "42 s");
  EXPECT_EQ(duration_text(185.0), "3 min 05 s");
  EXPECT_EQ(duration_text(4320.0), "1 h 12 min");
}

TEST(Progress, APipeGetsAPlainLinePerProblem) {
  ::testing::internal::CaptureStdout();
  {
    Progress progress(false, 2, 2.0);
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
    Progress progress(true, 2, 2.0);
    progress.advance(rows(), 1.0);
    progress.advance(rows(), 1.0);
  }
  const auto output = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(output, AllOf(HasSubstr("\r\x1b[K[############............] 1/2"), HasSubstr("2/2  0 s left")));
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 1) << "the line ends when the progress does";
}

TEST(Log, KeepsNamesFromMovingTheCursorAndFromForgingLines) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  log::say("a\x1B[2Jb");
  log::error(
      "sink \x9B"
      "1m\nerror: forged");
  for (const bool terminal : {false, true}) {
    std::vector<Measurement> named = rows();
    named[0].problem.fusion = named[0].strategy = "x\x1B]0;title\a";
    Progress(terminal, 1, 1.0).advance(named, 1.0);
  }
  const auto said = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(said, AllOf(HasSubstr("a\\x1b[2Jb\n"), HasSubstr("x\\x1b]0;title\\x07"), Not(HasSubstr("\a"))));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "error: sink \\x9b1m\n  error: forged\n");
}

TEST(Progress, APauseEndsTheLineOnce) {
  ::testing::internal::CaptureStdout();
  {
    Progress progress(true, 2, 2.0);
    progress.pause();
    progress.advance(rows(), 1.0);
    progress.pause();
    progress.pause();
  }
  const auto output = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 1);
  EXPECT_EQ(output.back(), '\n');
}

TEST(Progress, DurationsChangeTheirUnitAtAMinuteAndAtAnHour) {
  EXPECT_EQ(duration_text(-5.0), "0 s");
  EXPECT_EQ(duration_text(59.0), "59 s");
  EXPECT_EQ(duration_text(59.5), "1 min 00 s");
  EXPECT_EQ(duration_text(3599.0), "59 min 59 s");
  EXPECT_EQ(duration_text(3600.0), "1 h 00 min");
  EXPECT_EQ(duration_text(7261.0), "2 h 01 min");
}

}  // namespace
}  // namespace arbiter
