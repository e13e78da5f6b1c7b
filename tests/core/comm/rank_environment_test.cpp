// SPDX-License-Identifier: Apache-2.0
#include "comm/rank_environment.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include "arbiter/error.hpp"

namespace arbiter {
namespace {

/// Sets a variable for the time of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(RankEnvironment, APlainStartIsNoRank) { EXPECT_FALSE(started_as_rank()); }

TEST(RankEnvironment, RecognisesTheLaunchers) {
  struct Launcher {
    const char* rank;
    const char* other;  // that it sets, too
    const char* value;
  };
  for (const auto& [rank, other, value] : {Launcher{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "2"},
                                           Launcher{"PMIX_RANK", "PMIX_SERVER_URI41", "srun.1.0;tcp4://127.0.0.1:1"},
                                           Launcher{"PMI_RANK", "PMI_SIZE", "2"}}) {
    const Variable variable(rank, "0");
    const Variable with(other, value);
    EXPECT_TRUE(started_as_rank()) << rank;
    EXPECT_EQ(take_inherited_rank(), "") << rank;
    EXPECT_NE(std::getenv(rank), nullptr);
  }
}

TEST(RankEnvironment, ALoneProcessObeysNoRankThatItInherited) {
  struct Shell {
    const char* rank;
    const char* other;
    const char* value;
  };
  for (const auto& [rank, other, value] :
       {Shell{"PMIX_RANK", "SLURM_STEP_NUM_TASKS", "1"},  // srun --pty bash
        Shell{"PMIX_RANK", "PMIX_NAMESPACE", "left.over"}, Shell{"PMI_RANK", "PMI_SIZE", "1"}}) {
    const Variable variable(rank, "0");
    const Variable with(other, value);
    EXPECT_FALSE(started_as_rank()) << rank << " with " << other;
    EXPECT_EQ(take_inherited_rank(), rank);
    EXPECT_EQ(std::getenv(rank), nullptr) << "the ranks that it starts must not inherit it";
  }
}

TEST(RankEnvironment, ABatchScriptOfOneTaskIsNoRank) {
  const Variable variable("SLURM_STEP_NUM_TASKS", "1");
  EXPECT_FALSE(started_as_rank());
}

TEST(RankEnvironment, ProcessesOfSrunThatCannotFindEachOtherAreAnError) {
  const Variable variable("SLURM_STEP_NUM_TASKS", "4");
  EXPECT_THROW(static_cast<void>(started_as_rank()), ConfigError);
}

TEST(RankEnvironment, CountsTheCoresOfTheAffinityMask) {
  EXPECT_GE(usable_cores(), 1);
  EXPECT_LE(usable_cores(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(RankEnvironment, MoreRanksThanCoresYield) {
  ::unsetenv("OMPI_MCA_mpi_yield_when_idle");
  prepare_mpi_environment(1);
  EXPECT_EQ(std::getenv("OMPI_MCA_mpi_yield_when_idle"), nullptr);
  prepare_mpi_environment(100'000);
  EXPECT_STREQ(std::getenv("OMPI_MCA_mpi_yield_when_idle"), "1");
}

TEST(RankEnvironment, ARankMayRunOnTheCoresItIsBoundTo) {
  cpu_set_t before;
  CPU_ZERO(&before);
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  std::size_t core = 0;
  while (!CPU_ISSET(core, &before)) ++core;
  CPU_SET(core, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable_cores(), 1);
  ::unsetenv("OMPI_MCA_mpi_yield_when_idle");
  prepare_mpi_environment(1);
  EXPECT_EQ(std::getenv("OMPI_MCA_mpi_yield_when_idle"), nullptr) << "as many ranks as cores";
  prepare_mpi_environment(2);
  EXPECT_STREQ(std::getenv("OMPI_MCA_mpi_yield_when_idle"), "1") << "one more";
  ::unsetenv("OMPI_MCA_mpi_yield_when_idle");
  sched_setaffinity(0, sizeof before, &before);
}

TEST(RankEnvironment, SetsWhatOpenMpiNeedsAndKeepsWhatTheUserSet) {
  const Variable own("OMPI_MCA_coll_tuned_use_dynamic_rules", "0");
  prepare_mpi_environment(1);
  EXPECT_STREQ(std::getenv("OMPI_MCA_coll_tuned_use_dynamic_rules"), "0");
  ::unsetenv("OMPI_MCA_coll_tuned_use_dynamic_rules");
  prepare_mpi_environment(1);
  EXPECT_STREQ(std::getenv("OMPI_MCA_coll_tuned_use_dynamic_rules"), "1");
  if (::geteuid() == 0) {
    EXPECT_STREQ(std::getenv("OMPI_ALLOW_RUN_AS_ROOT"), "1");
    EXPECT_STREQ(std::getenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"), "1");
  }
}

TEST(InParallel, EachIndexIsWorkedOnOnce) {
  for (const std::int64_t count : {0, 1, 2, 7, 1000}) {
    for (const std::int64_t least : {0, 1, 3, 5000}) {
      std::vector<std::atomic<int>> times(static_cast<std::size_t>(count));
      std::atomic<int> calls = 0;
      in_parallel(count, least, 1, [&](std::int64_t begin, std::int64_t end) {
        ++calls;
        for (std::int64_t i = begin; i < end; ++i) ++times[static_cast<std::size_t>(i)];
      });
      for (const auto& each : times) EXPECT_EQ(each, 1) << count << ", " << least;
      EXPECT_EQ(calls,
                std::clamp<std::int64_t>(count / std::max<std::int64_t>(least, 1), 1, std::min(usable_cores(), 32)));
    }
  }
}

TEST(InParallel, ManyRanksOfAHostTakeOneThreadEach) {
  std::vector<std::pair<std::int64_t, std::int64_t>> calls;
  in_parallel(1000, 1, usable_cores(), [&](std::int64_t begin, std::int64_t end) { calls.emplace_back(begin, end); });
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls.front(), (std::pair<std::int64_t, std::int64_t>{0, 1000}));
}

TEST(InParallel, ThrowsWhatAnyPartThrew) {
  for (const std::int64_t bad : {0, 999}) {
    EXPECT_THROW(in_parallel(1000, 1, 1,
                             [&](std::int64_t begin, std::int64_t end) {
                               if (begin <= bad && bad < end) throw Error("bad");
                             }),
                 Error)
        << bad;
  }
}

}  // namespace
}  // namespace arbiter
