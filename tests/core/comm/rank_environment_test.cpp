// SPDX-License-Identifier: Apache-2.0
#include "comm/rank_environment.hpp"

#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

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
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"}) {
    const Variable variable(name, "0");
    EXPECT_TRUE(started_as_rank()) << name;
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

}  // namespace
}  // namespace arbiter
