// SPDX-License-Identifier: Apache-2.0
#include "supervise/mpirun.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"

namespace arbiter {
namespace {

TEST(Mpirun, StartsAsManyRanksAsAsked) {
  const auto file = std::filesystem::temp_directory_path() / ("arbiter_mpirun_" + std::to_string(::getpid()));
  const auto result =
      run_under_mpirun(3, {"sh", "-c", "echo $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE >> " + file.string()});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.interrupted_by, 0);
  const auto text = read_file(file);
  std::filesystem::remove(file);
  for (const char* line : {"0 of 3\n", "1 of 3\n", "2 of 3\n"}) EXPECT_THAT(text, ::testing::HasSubstr(line));
}

TEST(Mpirun, GivesTheExitStatusOfItsRanks) { EXPECT_EQ(run_under_mpirun(2, {"sh", "-c", "exit 3"}).status, 3); }

TEST(Mpirun, TellsASignalThatEndedARank) {
  EXPECT_EQ(run_under_mpirun(1, {"sh", "-c", "kill -9 $$"}).status, 128 + SIGKILL);
}

TEST(Mpirun, PassesAnInterruptOn) {
  std::thread later([] {
    ::sleep(1);
    ::kill(::getpid(), SIGINT);
  });
  const auto result = run_under_mpirun(1, {"sleep", "60"});
  later.join();
  EXPECT_EQ(result.interrupted_by, SIGINT);
  EXPECT_NE(result.status, 0);
}

TEST(Mpirun, SaysThatOpenMpiIsMissing) {
  ::setenv("ARBITER_MPIRUN", "/no/such/mpirun", 1);
  EXPECT_THROW(static_cast<void>(run_under_mpirun(1, {"true"})), SystemError);
  ::unsetenv("ARBITER_MPIRUN");
}

/// Processes that wait to be ended, in place of ranks.
class Ranks : public RankWatch {
 public:
  Ranks(std::size_t count, std::set<int> got_sigterm) : got_sigterm_(std::move(got_sigterm)) {
    while (processes_.size() < count) {
      const pid_t child = ::fork();
      if (child == 0) {
        for (;;) ::pause();
      }
      processes_.push_back(child);
    }
  }
  ~Ranks() override { bury(); }
  /// Ends all; nothing is left of them.
  void bury() {
    for (const pid_t process : processes_) {
      ::kill(process, SIGKILL);
      ::waitpid(process, nullptr, 0);
    }
    processes_.clear();
  }
  /// Returns when it has ended.
  void end(std::size_t rank) const {
    ::kill(processes_[rank], SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(processes_[rank]), &info, WEXITED | WNOWAIT);
  }
  std::vector<pid_t> pids() override { return processes_; }
  bool got_sigterm(int rank) override { return got_sigterm_.count(rank) != 0; }
  std::string stop_reason() override { return {}; }

 private:
  std::set<int> got_sigterm_;
  std::vector<pid_t> processes_;
};

int first_of(Ranks& ranks, std::initializer_list<std::initializer_list<std::size_t>> ends) {
  RankExitMonitor monitor(::getpid());
  monitor.add_ranks(ranks.pids(), ranks);
  for (const auto& together : ends) {
    for (const auto rank : together) ranks.end(rank);
    monitor.wait(1000);
  }
  return monitor.first();
}

TEST(RankExitMonitor, KnowTheFirstOfSeveral) {
  Ranks ranks(3, {});
  EXPECT_EQ(first_of(ranks, {{2}, {0}, {1}}), 2);
}

TEST(RankExitMonitor, FoundTogetherGoByWhoWasNotToldTo) {
  Ranks ranks(3, {0, 2});
  EXPECT_EQ(first_of(ranks, {{0, 1, 2}}), 1);
}

TEST(RankExitMonitor, FoundTogetherAndNoneToldAreNotGuessedFrom) {
  Ranks ranks(3, {});
  EXPECT_EQ(first_of(ranks, {{0, 1}, {2}}), -1);
}

TEST(RankExitMonitor, OfRanksThatWereAllToldHaveNoFirst) {
  Ranks ranks(2, {0, 1});
  EXPECT_EQ(first_of(ranks, {{0}, {1}}), -1);
}

TEST(RankExitMonitor, BehindOneThatWasToldHaveNoFirst) {
  Ranks ranks(3, {0, 2});
  EXPECT_EQ(first_of(ranks, {{0}, {1}, {2}}), -1) << "a rank may notice the end of mpirun before its signal";
}

TEST(RankExitMonitor, OfBeforeTheFirstLookGoByWhoWasNotToldTo) {
  Ranks ranks(2, {0});
  const auto pids = ranks.pids();
  ranks.bury();
  RankExitMonitor monitor(::getpid());
  monitor.add_ranks(pids, ranks);
  EXPECT_EQ(monitor.first(), 1);
}

TEST(RankExitMonitor, DoNotCountWhoseProcessIsNotKnown) {
  Ranks ranks(1, {});
  RankExitMonitor monitor(::getpid());
  monitor.add_ranks({0, ranks.pids().front()}, ranks);
  ranks.end(0);
  monitor.wait(1000);
  EXPECT_EQ(monitor.first(), 1);
}

}  // namespace
}  // namespace arbiter
