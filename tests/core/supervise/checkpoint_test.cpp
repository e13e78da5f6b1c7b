// SPDX-License-Identifier: Apache-2.0
#include "supervise/checkpoint.hpp"

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <limits>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "support/temp_dir.hpp"

namespace arbiter {
namespace {

class JournalOfRanks : public ::testing::Test {
 protected:
  JournalOfRanks() : path_(dir_.path() / "checkpoint") { std::ofstream{path_}; }

  static Measurement row(std::int64_t tokens, const std::string& strategy) {
    Measurement row;
    row.problem = {2, DType::float16, "NONE", 64, tokens};
    row.strategy = strategy;
    row.time_us = 0.1 + 0.2;
    row.setting.backend = "host";
    return row;
  }

  test::TempDir dir_;
  std::filesystem::path path_;
};

TEST_F(JournalOfRanks, GivesBackWhatWasAddedToTheBit) {
  Checkpoint ranks(path_);
  auto good = row(8, "A");
  good.setting.graph = good.holdout = true;
  good.iterations_per_sample = 17;
  good.samples = 23;
  good.tensor_sets = 5;
  good.setting.hosts = 2;
  good.setting.context = Context::engine_early;
  good.numerics = Numerics::fp32_rank_order;
  good.suspect = true;
  good.run_id = "20261128-031357-1a2b";
  good.ci_low_us = 1.0 / 3.0;
  good.lower_bound_us = 2.0 / 3.0;
  auto bad = row(16, "B, \"quoted\"");
  bad.failed = true;
  bad.time_us = Measurement::none;
  bad.error = std::numeric_limits<double>::infinity();
  bad.reason = "two\nlines and \xff";
  ranks.add_row(good);
  ranks.add_rank_error("rank 1: no wires left");
  ranks.add_row(bad);
  ranks.add_broken({{bad.problem, "C"}, "rank 0 was killed by signal 11"});

  const auto read = Checkpoint::contents_of(Checkpoint(path_).text());
  ASSERT_EQ(read.rows.size(), 2U);
  const auto& [first, second] = std::tie(read.rows[0], read.rows[1]);
  EXPECT_EQ(first.problem, good.problem);
  EXPECT_EQ(first.time_us, good.time_us);
  EXPECT_EQ(first.ci_low_us, good.ci_low_us);
  EXPECT_EQ(first.lower_bound_us, good.lower_bound_us);
  EXPECT_TRUE(std::isnan(first.error));
  EXPECT_TRUE(first.setting.graph && first.holdout && !first.failed);
  EXPECT_EQ(first.iterations_per_sample, 17);
  EXPECT_EQ(first.samples, 23);
  EXPECT_EQ(first.tensor_sets, 5);
  EXPECT_EQ(first.setting, good.setting);
  EXPECT_EQ(first.numerics, good.numerics);
  EXPECT_TRUE(first.suspect && !second.suspect);
  EXPECT_EQ(first.run_id, good.run_id);
  EXPECT_EQ(second.setting, bad.setting);
  EXPECT_EQ(second.strategy, bad.strategy);
  EXPECT_TRUE(second.failed && std::isnan(second.time_us) && std::isinf(second.error));
  EXPECT_THAT(second.reason, ::testing::StartsWith("two\nlines and "));
  EXPECT_THAT(read.rank_errors, ::testing::ElementsAre("rank 1: no wires left"));
  ASSERT_EQ(read.broken.size(), 1U);
  EXPECT_EQ(read.broken[0].cell, (Cell{bad.problem, "C"}));
}

TEST_F(JournalOfRanks, KeepsWhatWasSkipped) {
  Checkpoint ranks(path_);
  ranks.add_skipped({row(8, "A").problem, "*", "too\nlarge"});
  const auto read = Checkpoint::contents_of(Checkpoint(path_).text());
  ASSERT_EQ(read.skipped.size(), 1U);
  EXPECT_EQ(read.skipped[0].problem, row(8, "A").problem);
  EXPECT_EQ(read.skipped[0].strategy, "*");
  EXPECT_EQ(read.skipped[0].reason, "too\nlarge");
  EXPECT_THAT(read.rows, ::testing::IsEmpty());
}

TEST_F(JournalOfRanks, KnowsWhatIsBeingMeasured) {
  Checkpoint ranks(path_);
  const Checkpoint launcher(path_);
  EXPECT_FALSE(launcher.current());
  const Cell longer{row(4096, "A_STRATEGY_OF_A_LONG_NAME").problem, "A_STRATEGY_OF_A_LONG_NAME"};
  const Cell shorter{row(8, "B").problem, "B"};
  for (const auto& cell : {longer, shorter, longer}) {
    ranks.write_current(cell, 61.5);
    ASSERT_TRUE(launcher.current());
    EXPECT_EQ(launcher.current()->cell, cell);
    EXPECT_EQ(launcher.current()->patience_seconds, 61.5);
  }
  ranks.clear_current();
  EXPECT_FALSE(launcher.current());
}

TEST_F(JournalOfRanks, HasAPulseThatChangesWithEveryWord) {
  Checkpoint ranks(path_);
  const Checkpoint launcher(path_);
  auto last = launcher.progress_stamp();
  const auto changed = [&] { return std::exchange(last, launcher.progress_stamp()) != last; };
  EXPECT_FALSE(changed());
  ranks.write_current({row(8, "A").problem, "A"}, 60);
  EXPECT_TRUE(changed());
  ranks.write_current({row(8, "B").problem, "B"}, 60);
  EXPECT_TRUE(changed());
  ranks.add_row(row(8, "A"));
  EXPECT_TRUE(changed());
  EXPECT_FALSE(changed());
}

TEST_F(JournalOfRanks, RefusesALineThatIsNone) {
  EXPECT_THROW(static_cast<void>(Checkpoint::contents_of("{\"row\": {}}\n")), Error);
  EXPECT_THROW(static_cast<void>(Checkpoint::contents_of("half a li")), Error);
}

class EndNoticeOfARank : public ::testing::Test {
 protected:
  EndNoticeOfARank() {
    const std::ofstream made(path_);
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
    const TermMarker marker(1);
    ::raise(SIGTERM);
  });
  EXPECT_EQ(signal, SIGTERM);
  EXPECT_FALSE(launcher.got_sigterm(0));
  EXPECT_TRUE(launcher.got_sigterm(1));
  EXPECT_FALSE(launcher.got_sigterm(2));
}

TEST_F(EndNoticeOfARank, IsNotWrittenByARankThatBreaks) {
  const Checkpoint launcher(path_);
  const int signal = signal_that_ended([] {
    const TermMarker marker(1);
    ::signal(SIGABRT, SIG_DFL);
    ::raise(SIGABRT);
  });
  EXPECT_EQ(signal, SIGABRT);
  EXPECT_FALSE(launcher.got_sigterm(1));
}

TEST_F(EndNoticeOfARank, IsForgottenWhenFreshRanksStart) {
  Checkpoint launcher(path_);
  signal_that_ended([] {
    const TermMarker marker(0);
    ::raise(SIGTERM);
  });
  ASSERT_TRUE(launcher.got_sigterm(0));
  launcher.begin_launch();
  EXPECT_FALSE(launcher.got_sigterm(0));
}

TEST_F(EndNoticeOfARank, LeavesASigtermAsItWasAfterwards) {
  const Checkpoint launcher(path_);
  const int signal = signal_that_ended([] {
    { const TermMarker marker(3); }
    ::raise(SIGTERM);
  });
  EXPECT_EQ(signal, SIGTERM);
  EXPECT_FALSE(launcher.got_sigterm(3));
}

TEST_F(EndNoticeOfARank, IsNotNeededWithoutALauncher) {
  ::unsetenv(Checkpoint::variable);
  const int signal = signal_that_ended([] {
    const TermMarker marker(0);
    ::raise(SIGTERM);
  });
  EXPECT_EQ(signal, SIGTERM);
}

}  // namespace
}  // namespace arbiter
