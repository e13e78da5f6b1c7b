#include "supervise/rank_watch.hpp"

#include <csignal>
#include <set>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace arbiter {
namespace {

/// Processes that wait to be ended, in place of ranks.
class Ranks : public RankWatch {
 public:
  Ranks(std::size_t count, std::set<int> told) : told_(std::move(told)) {
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
  std::vector<pid_t> processes() override { return processes_; }
  bool was_told_to_end(int rank) override { return told_.count(rank) != 0; }
  std::string ends_now() override { return {}; }

 private:
  std::set<int> told_;
  std::vector<pid_t> processes_;
};

int first_of(Ranks& ranks, std::initializer_list<std::initializer_list<std::size_t>> ends) {
  RankExitMonitor waits(::getpid());
  waits.look_at(ranks.processes(), ranks);
  for (const auto& together : ends) {
    for (const auto rank : together) ranks.end(rank);
    waits.wait(1000);
  }
  return waits.first();
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

TEST(RankExitMonitor, OfBeforeTheFirstLookGoByWhoWasNotToldTo) {
  Ranks ranks(2, {0});
  const auto processes = ranks.processes();
  ranks.bury();
  RankExitMonitor waits(::getpid());
  waits.look_at(processes, ranks);
  EXPECT_EQ(waits.first(), 1);
}

TEST(RankExitMonitor, DoNotCountWhoseProcessIsNotKnown) {
  Ranks ranks(1, {});
  RankExitMonitor waits(::getpid());
  waits.look_at({0, ranks.processes().front()}, ranks);
  ranks.end(0);
  waits.wait(1000);
  EXPECT_EQ(waits.first(), 1);
}

}  // namespace
}  // namespace arbiter
