// SPDX-License-Identifier: Apache-2.0
#include "supervise/rank_status.hpp"

#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

namespace arbiter {
namespace {

Problem problem(std::int64_t tokens) { return {2, DType::float16, "NONE", 64, tokens}; }

TEST(RankStatus, KnowsWhatIsBeingMeasured) {
  RankStatus launcher;
  const auto ranks = RankStatus::of_launcher();
  ASSERT_NE(ranks, nullptr);
  EXPECT_FALSE(launcher.current());
  const Cell longer{problem(4096), "A_STRATEGY OF_A_LONG_NAME"};
  const Cell shorter{problem(8), "B"};
  for (const auto& cell : {longer, shorter, longer}) {
    ranks->write_current(cell, Phase::reference, 61.5);
    ASSERT_TRUE(launcher.current());
    EXPECT_EQ(launcher.current()->phase, Phase::reference);
    EXPECT_EQ(launcher.current()->cell, cell);
    EXPECT_EQ(launcher.current()->patience_seconds, 61.5);
  }
  ranks->clear_current();
  EXPECT_FALSE(launcher.current());
}

TEST(RankStatus, HasAStampThatChangesWithEveryCell) {
  const RankStatus launcher;
  const auto ranks = RankStatus::of_launcher();
  auto last = launcher.progress_stamp();
  const auto changed = [&] { return std::exchange(last, launcher.progress_stamp()) != last; };
  EXPECT_FALSE(changed());
  ranks->write_current({problem(8), "A"}, Phase::run, 60);
  EXPECT_TRUE(changed());
  ranks->write_current({problem(8), "B"}, Phase::run, 60);
  EXPECT_TRUE(changed());
  ranks->write_current({problem(8), "B"}, Phase::destruction, 60);
  EXPECT_TRUE(changed());
  ranks->clear_current();
  EXPECT_TRUE(changed());
  EXPECT_FALSE(changed());
}

TEST(RankStatus, TellsHowRanksEndedUntilNewOnesStart) {
  RankStatus launcher;
  const auto ranks = RankStatus::of_launcher();
  EXPECT_EQ(launcher.error() + launcher.outcome(), "");
  ranks->write_ranks({11, 0, 13});
  ranks->write_error("rank 1: no wires left");
  ranks->write_error("rank 0: the other rank is gone");
  ranks->write_outcome("1");
  EXPECT_THAT(launcher.ranks(), ::testing::ElementsAre(11, 0, 13));
  EXPECT_EQ(launcher.error(), "rank 1: no wires left") << "the first one's";
  EXPECT_EQ(launcher.outcome(), "1");
  launcher.begin_launch();
  EXPECT_THAT(launcher.ranks(), ::testing::IsEmpty());
  EXPECT_EQ(launcher.error() + launcher.outcome(), "");
}

TEST(RankStatus, CutsATextThatIsTooLong) {
  const RankStatus launcher;
  RankStatus::of_launcher()->write_error(std::string(10000, 'x'));
  EXPECT_EQ(launcher.error(), std::string(4095, 'x'));
}

class TermMarkOfARank : public ::testing::Test {
 protected:
  /// The signal that ended a process which did this.
  template <class Action>
  static int signal_that_ended(const Action& action) {
    const pid_t child = ::fork();
    if (child == 0) {
      action();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
};

TEST_F(TermMarkOfARank, IsWrittenBeforeItEndsAsItWasTold) {
  const RankStatus launcher;
  const int signal = signal_that_ended([] {
    const TermMarker marker(1);
    ::raise(SIGTERM);
  });
  EXPECT_EQ(signal, SIGTERM);
  EXPECT_FALSE(launcher.got_sigterm(0));
  EXPECT_TRUE(launcher.got_sigterm(1));
  EXPECT_FALSE(launcher.got_sigterm(2));
}

TEST_F(TermMarkOfARank, IsNotWrittenByARankThatBreaks) {
  const RankStatus launcher;
  const int signal = signal_that_ended([] {
    const TermMarker marker(1);
    ::signal(SIGABRT, SIG_DFL);
    ::raise(SIGABRT);
  });
  EXPECT_EQ(signal, SIGABRT);
  EXPECT_FALSE(launcher.got_sigterm(1));
}

TEST_F(TermMarkOfARank, IsForgottenWhenFreshRanksStart) {
  RankStatus launcher;
  signal_that_ended([] {
    const TermMarker marker(0);
    ::raise(SIGTERM);
  });
  ASSERT_TRUE(launcher.got_sigterm(0));
  launcher.begin_launch();
  EXPECT_FALSE(launcher.got_sigterm(0));
}

TEST_F(TermMarkOfARank, LeavesASigtermAsItWasAfterwards) {
  const RankStatus launcher;
  const int signal = signal_that_ended([] {
    { const TermMarker marker(3); }
    ::raise(SIGTERM);
  });
  EXPECT_EQ(signal, SIGTERM);
  EXPECT_FALSE(launcher.got_sigterm(3));
}

TEST_F(TermMarkOfARank, IsNotNeededWithoutALauncher) {
  ASSERT_EQ(RankStatus::of_launcher(), nullptr);
  const int signal = signal_that_ended([] {
    const TermMarker marker(0);
    ::raise(SIGTERM);
  });
  EXPECT_EQ(signal, SIGTERM);
}

}  // namespace
}  // namespace arbiter
