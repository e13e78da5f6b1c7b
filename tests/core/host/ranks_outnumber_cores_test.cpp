// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mpi.h>
#include <sched.h>

#include "arbiter/host/spin_wait.hpp"
#include "comm/mpi_group.hpp"

namespace {

using arbiter::MpiGroup;
using arbiter::ranks_outnumber_cores;

TEST(RanksOutnumberCores, WhereTheyAreAllOnOneCoreAndAllOfThemSaySo) {
  MpiGroup world(MPI_COMM_WORLD);
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  std::size_t core = 0;
  while (CPU_ISSET(core, &before) == 0) ++core;
  world.broadcast(&core, sizeof core, 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_TRUE(ranks_outnumber_cores(world));
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  world.barrier();
}

TEST(RanksOutnumberCores, NotWhereEachIsBoundToACoreOfItsOwn) {
  MpiGroup world(MPI_COMM_WORLD);
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(world.rank()), &one);
  const bool moved = sched_setaffinity(0, sizeof one, &one) == 0;
  const bool all_moved = world.all(moved);
  const bool outnumber = ranks_outnumber_cores(world);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  world.barrier();
  if (all_moved) {
    EXPECT_FALSE(outnumber);
    return;
  }
  GTEST_SKIP() << "cores 0 to " << world.size() - 1 << " are not ours to use";
}

}  // namespace
