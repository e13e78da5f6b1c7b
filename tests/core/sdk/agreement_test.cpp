// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include <gmock/gmock.h>
#include <mpi.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "comm/mpi_group.hpp"

namespace arbiter {
namespace {

TEST(FailureOf, IsWhatAStepThrowsWhateverItIs) {
  EXPECT_EQ(failure_of([] {}), "");
  EXPECT_EQ(failure_of([] { throw std::runtime_error("no wires left"); }), "no wires left");
  EXPECT_NE(failure_of([] { throw std::runtime_error(""); }), "");
  EXPECT_NE(failure_of([] { throw 42; }), "");
}

TEST(FirstFailure, IsThatOfTheFirstRankThatFailedOnEveryRank) {
  MpiGroup world(MPI_COMM_WORLD);
  const auto own = [&](int first_to_fail) {
    return world.rank() >= first_to_fail ? "rank " + std::to_string(world.rank()) + " is out" : std::string();
  };
  EXPECT_EQ(first_failure(own(world.size()), world), "");
  EXPECT_EQ(first_failure(own(0), world), "rank 0: rank 0 is out");
  const auto last = std::to_string(world.size() - 1);
  EXPECT_EQ(first_failure(own(world.size() - 1), world), "rank " + last + ": rank " + last + " is out");
}

TEST(FirstFailure, PrefersAnErrorToTheTimeoutsThatFollowFromIt) {
  MpiGroup world(MPI_COMM_WORLD);
  const int last = world.size() - 1;
  const auto late = [] { throw TimeoutError("waited too long"); };
  EXPECT_TRUE(failure_of(late).timed_out);
  EXPECT_EQ(first_failure(failure_of(late), world), "rank 0: waited too long");
  const auto own = failure_of([&] {
    if (world.rank() == last) throw Error("boom");
    late();
  });
  EXPECT_EQ(own.timed_out, world.rank() != last);
  EXPECT_EQ(first_failure(own, world), "rank " + std::to_string(last) + ": boom");
}

}  // namespace
}  // namespace arbiter
