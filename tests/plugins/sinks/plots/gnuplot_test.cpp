// SPDX-License-Identifier: Apache-2.0
#include "gnuplot.hpp"

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "arbiter/plots.hpp"
#include "support/pictures_environment.hpp"

namespace arbiter::plots {
namespace {

using test::FakeGnuplot;
using test::PictureFolder;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

constexpr std::chrono::seconds long_enough{60};

/// A zombie is dead: it may stay where nobody reaps orphans.
bool is_alive(const std::string& process) {
  std::ifstream stat("/proc/" + process + "/stat");
  std::string id;
  std::string name;
  std::string state;
  return stat >> id >> name >> state && state != "Z" && state != "X";
}

class RunGnuplot : public testing::Test {
 protected:
  void run(std::chrono::milliseconds patience = long_enough) {
    run_gnuplot(folder_ / "script", folder_ / "messages", patience, "a.png");
  }
  PictureFolder folder_;
};

TEST_F(RunGnuplot, ScriptErrorIsAnError) {
  write_file(folder_ / "script", "set terminal nosuchterminal\n");
  EXPECT_THAT([&] { run(); }, ThrowsMessage<PictureError>(HasSubstr("unknown or ambiguous terminal")));
}

TEST_F(RunGnuplot, IgnoresThePersonsOwnSettings) {
  write_file(folder_ / ".gnuplot", "exit status 3\n");
  const test::ScopedVariable home("HOME", (folder_ / "").string());
  write_file(folder_ / "script", "x = 1\n");
  EXPECT_NO_THROW(run());
}

TEST_F(RunGnuplot, KillsItWithItsChildrenWhenItDoesNotEnd) {
  const FakeGnuplot gnuplot("sleep 1000 & echo $! > " + (folder_ / "child").string() + "; wait");
  EXPECT_THAT([&] { run(std::chrono::milliseconds(3000)); }, ThrowsMessage<PictureError>(HasSubstr("3000 ms")));
  const std::string child = read_file(folder_ / "child");
  // A signal takes effect when its process is scheduled next.
  for (int tries = 0; tries < 1000 && is_alive(child.substr(0, child.find('\n'))); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_FALSE(is_alive(child.substr(0, child.find('\n'))));
}

TEST_F(RunGnuplot, CanBeInterruptedBySignalsTheCallerBlocks) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const FakeGnuplot gnuplot("kill -TERM $$; exit 0");
  EXPECT_THAT([&] { run(); }, ThrowsMessage<PictureError>(HasSubstr("signal 15")));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(RunGnuplot, LongComplaintsAreShortened) {
  const FakeGnuplot gnuplot("yes complaint | head -1000 >&2; exit 1");
  try {
    run();
    FAIL() << "no error";
  } catch (const PictureError& error) {
    EXPECT_LT(std::string(error.what()).size(), 600U);
  }
}

TEST_F(RunGnuplot, ALongLineOfAComplaintIsCut) {
  const FakeGnuplot gnuplot("printf '%01000d' 0 >&2; exit 1");
  EXPECT_THAT([&] { run(); }, ThrowsMessage<PictureError>(
                                  AllOf(HasSubstr(std::string(400, '0')), Not(HasSubstr(std::string(401, '0'))))));
}

}  // namespace
}  // namespace arbiter::plots
