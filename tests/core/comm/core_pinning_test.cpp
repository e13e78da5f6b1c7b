// SPDX-License-Identifier: Apache-2.0
#include "comm/core_pinning.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <mpi.h>

#include "comm/mpi_group.hpp"
#include "comm/rank_environment.hpp"

namespace arbiter {
namespace {

cpu_set_t own_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return set;
}

/// All cores that this process may have, also where mpirun bound it to one.
class CorePinningTest : public ::testing::Test {
 protected:
  CorePinningTest() : bound_(own_cores()) {
    cpu_set_t all;
    CPU_ZERO(&all);
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &all);
    sched_setaffinity(0, sizeof all, &all);
  }
  ~CorePinningTest() override { sched_setaffinity(0, sizeof bound_, &bound_); }

 private:
  cpu_set_t bound_;
};

TEST_F(CorePinningTest, GivesEveryRankACoreOfItsOwnAndTakesItBack) {
  MpiGroup group(MPI_COMM_WORLD);
  const auto before = own_cores();
  const bool fits = group.size() <= CPU_COUNT(&before);
  {
    const CorePinning pinning(group);
    const auto pinned = own_cores();
    if (fits) {
      EXPECT_EQ(CPU_COUNT(&pinned), 1);
    } else {
      EXPECT_TRUE(CPU_EQUAL(&pinned, &before));
    }
    std::vector<cpu_set_t> all(static_cast<std::size_t>(group.size()));
    group.all_gather(&pinned, all.data(), sizeof pinned);
    for (int rank = 0; fits && rank < group.size(); ++rank) {
      const bool same = CPU_EQUAL(&all[static_cast<std::size_t>(rank)], &pinned);
      EXPECT_EQ(same, rank == group.rank());
    }
    group.barrier();
  }
  const auto after = own_cores();
  EXPECT_TRUE(CPU_EQUAL(&after, &before));
}

TEST_F(CorePinningTest, LeavesRanksThatAreBoundAlreadyAlone) {
  MpiGroup group(MPI_COMM_WORLD);
  const auto before = own_cores();
  {
    const CorePinning outer(group);
    const auto bound = own_cores();
    const CorePinning inner(group);
    const auto again = own_cores();
    EXPECT_TRUE(CPU_EQUAL(&bound, &again));
    group.barrier();
  }
  const auto after = own_cores();
  EXPECT_TRUE(CPU_EQUAL(&after, &before));
}

TEST_F(CorePinningTest, SpreadsTheRanksOverAllCores) {
  MpiGroup group(MPI_COMM_SELF);
  const auto before = own_cores();
  std::size_t first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  const CorePinning pinning(group);
  const auto pinned = own_cores();
  EXPECT_EQ(CPU_COUNT(&pinned), 1);
  EXPECT_TRUE(CPU_ISSET(first, &pinned)) << "the only rank takes the first core";
}

}  // namespace
}  // namespace arbiter
