// SPDX-License-Identifier: Apache-2.0
// Needs no device: any file can be sent.
#include "descriptor_exchange.hpp"

#include <gmock/gmock.h>
#include <mpi.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "comm/mpi_group.hpp"
#include "peer_memory.hpp"

namespace {

using namespace arbiter;

TEST(DescriptorExchange, GivesEveryRankTheFilesOfAllOthers) {
  MpiGroup world(MPI_COMM_WORLD);
  for (int turn = 0; turn < 20; ++turn) {
    const int own = ::memfd_create("arbiter_test", MFD_CLOEXEC);
    const auto text = static_cast<char>('a' + world.rank());
    ASSERT_EQ(::pwrite(own, &text, 1, 0), 1);
    const auto number = static_cast<std::uint64_t>(world.rank() + 100 * turn);
    const auto handed = cuda::exchange_descriptors(world, own, number);
    ::close(own);
    ASSERT_EQ(handed.size(), static_cast<std::size_t>(world.size()));
    for (int rank = 0; rank < world.size(); ++rank) {
      const auto& from = handed[static_cast<std::size_t>(rank)];
      if (rank == world.rank()) {
        EXPECT_LT(from.descriptor.get(), 0);
        continue;
      }
      char got = 0;
      EXPECT_EQ(::pread(from.descriptor.get(), &got, 1, 0), 1);
      EXPECT_EQ(got, static_cast<char>('a' + rank));
      EXPECT_EQ(from.number, static_cast<std::uint64_t>(rank + 100 * turn));
    }
  }
}

TEST(DescriptorExchange, FailsOnEveryRankIfOneHasNothingToHandOver) {
  MpiGroup world(MPI_COMM_WORLD);
  const int own = world.rank() == 0 ? -1 : ::memfd_create("arbiter_test", MFD_CLOEXEC);
  EXPECT_THROW(static_cast<void>(cuda::exchange_descriptors(world, own, 0)), Error);
  if (own >= 0) ::close(own);
}

TEST(LetGo, IsByAllOnlyWhenTheLastPeerHasLetGo) {
  MpiGroup world(MPI_COMM_WORLD);
  cuda::PeerReleases releases(world);
  for (int rank = 0; rank < world.size(); ++rank) {
    world.barrier();
    // The ranks before this one have released; a rank does not wait for itself.
    EXPECT_EQ(releases.complete(), rank == world.size() - 1 && rank == world.rank());
    world.barrier();
    if (rank != world.rank()) continue;
    for (int owner = 0; owner < world.size(); ++owner) {
      if (owner != rank) releases.release(owner);
    }
  }
  world.barrier();
  EXPECT_TRUE(releases.complete());
}

}  // namespace
