// SPDX-License-Identifier: Apache-2.0
#include "plugin/trial.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <gmock/gmock.h>
#include <unistd.h>

#include "arbiter/error.hpp"

namespace arbiter {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

[[noreturn]] void hang() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

TEST(Trial, SaysOfEachStepHowItBrokeAndGoesOnAfterIt) {
  const auto broken = run_apart(6, [](std::size_t step) {
    if (step == 1) std::exit(3);
    if (step == 2) std::raise(SIGKILL);
    if (step == 4) throw std::runtime_error("what a step throws is for who does it for good");
  });
  EXPECT_THAT(broken, ElementsAre(IsEmpty(), "ended the process (exit code 3)", "crashed (Killed)", IsEmpty(),
                                  IsEmpty(), IsEmpty()));
}

TEST(Trial, EndsAStepThatHangsAndGoesOnAfterIt) {
  ::setenv("ARBITER_LOAD_SECONDS", "1", 1);
  const auto broken = run_apart(2, [](std::size_t step) {
    if (step == 0) hang();
  });
  ::unsetenv("ARBITER_LOAD_SECONDS");
  EXPECT_THAT(broken, ElementsAre("did not return within 1 s; ARBITER_LOAD_SECONDS=10 allows more", IsEmpty()));
}

TEST(Trial, IsNotLateForAnEndRightBehindAStepThatCameBack) {
  for (int round = 0; round < 20; ++round) {
    const auto broken = run_apart(2, [](std::size_t step) {
      if (step == 1) ::_exit(4);
    });
    ASSERT_THAT(broken, ElementsAre(IsEmpty(), "ended the process (exit code 4)"));
  }
}

TEST(Trial, ChangesNothingInThisProcess) {
  int calls = 0;
  EXPECT_THAT(run_apart(3, [&](std::size_t) { ++calls; }), Each(IsEmpty()));
  EXPECT_EQ(calls, 0);
}

TEST(Trial, EndsWithAStepWhoseChildrenLiveOn) {
  ::setenv("ARBITER_LOAD_SECONDS", "20", 1);
  const auto start = std::chrono::steady_clock::now();
  const auto broken = run_apart(1, [](std::size_t) {
    if (::fork() == 0) hang();  // it holds every descriptor of its parent
    ::_exit(1);
  });
  ::unsetenv("ARBITER_LOAD_SECONDS");
  EXPECT_THAT(broken, ElementsAre("ended the process (exit code 1)"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Trial, ShowsTheLastLineOfAStepThatBroke) {
  const auto broken = run_apart(1, [](std::size_t) {
    constexpr std::string_view text = "first\nno licence\x1b[2J\n\n";
    static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
    std::exit(1);
  });
  EXPECT_THAT(broken, ElementsAre("ended the process (exit code 1); it printed last: no licence\\x1b[2J"));
}

TEST(Trial, RefusesALimitThatIsNoNumber) {
  ::setenv("ARBITER_LOAD_SECONDS", "soon", 1);
  EXPECT_THROW(static_cast<void>(run_apart(1, [](std::size_t) {})), ConfigError);
  ::unsetenv("ARBITER_LOAD_SECONDS");
}

TEST(Trial, HandsOnWhatItRefused) {
  EXPECT_THAT(refused_by_trial("/plugins/a.so"), IsEmpty());
  note_refused("/plugins/a.so", "loading it crashed");
  note_refused("/plugins/b.so", "its factory crashed");
  EXPECT_EQ(refused_by_trial("/plugins/a.so"), "loading it crashed");
  EXPECT_EQ(refused_by_trial("/plugins/b.so"), "its factory crashed");
  EXPECT_THAT(std::getenv("ARBITER_REFUSED_PLUGINS"), StartsWith("/plugins/a.so\tloading it crashed\n"));
  ::unsetenv("ARBITER_REFUSED_PLUGINS");
}

}  // namespace
}  // namespace arbiter
