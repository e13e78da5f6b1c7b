#include "supervise/term_marker.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp_dir.hpp"

namespace arbiter {
namespace {

class EndNoticeOfARank : public ::testing::Test {
 protected:
  EndNoticeOfARank() {
    std::ofstream{path_};
    ::setenv(Checkpoint::variable, path_.c_str(), 1);
  }
  ~EndNoticeOfARank() override { ::unsetenv(Checkpoint::variable); }

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

  test::TempDir dir_;
  std::filesystem::path path_ = dir_.path() / "checkpoint";
};

TEST_F(EndNoticeOfARank, IsWrittenBeforeItEndsAsItWasTold) {
  const Checkpoint launcher(path_);
  const int signal = signal_that_ended([] {
    const TermMarker notice(1);
    ::raise(SIGTERM);
  });
  EXPECT_EQ(signal, SIGTERM);
  EXPECT_FALSE(launcher.was_told_to_end(0));
  EXPECT_TRUE(launcher.was_told_to_end(1));
  EXPECT_FALSE(launcher.was_told_to_end(2));
}

TEST_F(EndNoticeOfARank, IsNotWrittenByARankThatBreaks) {
  const Checkpoint launcher(path_);
  const int signal = signal_that_ended([] {
    const TermMarker notice(1);
    ::signal(SIGABRT, SIG_DFL);
    ::raise(SIGABRT);
  });
  EXPECT_EQ(signal, SIGABRT);
  EXPECT_FALSE(launcher.was_told_to_end(1));
}

TEST_F(EndNoticeOfARank, IsForgottenWhenFreshRanksStart) {
  Checkpoint launcher(path_);
  signal_that_ended([] {
    const TermMarker notice(0);
    ::raise(SIGTERM);
  });
  ASSERT_TRUE(launcher.was_told_to_end(0));
  launcher.begin_launch();
  EXPECT_FALSE(launcher.was_told_to_end(0));
}

TEST_F(EndNoticeOfARank, LeavesASigtermAsItWasAfterwards) {
  const Checkpoint launcher(path_);
  const int signal = signal_that_ended([] {
    { const TermMarker notice(3); }
    ::raise(SIGTERM);
  });
  EXPECT_EQ(signal, SIGTERM);
  EXPECT_FALSE(launcher.was_told_to_end(3));
}

TEST_F(EndNoticeOfARank, IsNotNeededWithoutALauncher) {
  ::unsetenv(Checkpoint::variable);
  const int signal = signal_that_ended([] {
    const TermMarker notice(0);
    ::raise(SIGTERM);
  });
  EXPECT_EQ(signal, SIGTERM);
}

}  // namespace
}  // namespace arbiter
