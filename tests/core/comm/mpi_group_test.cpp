// SPDX-License-Identifier: Apache-2.0
#include "comm/mpi_group.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace arbiter {
namespace {

TEST(MpiGroup, KnowsItsRanksAndThatTheyShareAHost) {
  MpiGroup group(MPI_COMM_WORLD);
  int rank = -1;
  int size = -1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  EXPECT_EQ(group.rank(), rank);
  EXPECT_EQ(group.size(), size);
  EXPECT_TRUE(group.single_host());
}

TEST(MpiGroup, BroadcastsTextOfAnyLength) {
  MpiGroup group(MPI_COMM_WORLD);
  const int last = group.size() - 1;
  EXPECT_EQ(group.broadcast(group.rank() == last ? std::string(5000, 'x') : std::string("other"), last),
            std::string(5000, 'x'));
  EXPECT_EQ(group.broadcast(std::string{}, 0), "");
}

TEST(MpiGroup, GathersTextsInRankOrder) {
  MpiGroup group(MPI_COMM_WORLD);
  const auto texts = group.all_gather(std::string(static_cast<std::size_t>(group.rank()), 'a'));
  ASSERT_EQ(texts.size(), static_cast<std::size_t>(group.size()));
  for (std::size_t rank = 0; rank < texts.size(); ++rank) EXPECT_EQ(texts[rank].size(), rank);
}

TEST(MpiGroup, GathersBlocksAndTakesMaximaAndMinima) {
  MpiGroup group(MPI_COMM_WORLD);
  const int own = 10 * group.rank();
  std::vector<int> all(static_cast<std::size_t>(group.size()), -1);
  group.all_gather(&own, all.data(), sizeof own);
  for (int rank = 0; rank < group.size(); ++rank) EXPECT_EQ(all[static_cast<std::size_t>(rank)], 10 * rank);
  EXPECT_EQ(group.max(static_cast<double>(own)), 10.0 * (group.size() - 1));
  EXPECT_EQ(group.min(static_cast<double>(own) - 1.0), -1.0);
}

TEST(MpiGroup, AllHoldsOnlyIfItHoldsEverywhere) {
  MpiGroup group(MPI_COMM_WORLD);
  EXPECT_TRUE(group.all(true));
  EXPECT_FALSE(group.all(group.rank() != group.size() - 1));
}

TEST(MpiGroup, FreesItsCommunicator) {
  // An attribute that is copied with a communicator is deleted with the copy.
  static int deleted = 0;
  deleted = 0;
  int key = MPI_KEYVAL_INVALID;
  MPI_Comm_create_keyval(
      MPI_COMM_DUP_FN,
      [](MPI_Comm, int, void*, void*) {
        ++deleted;
        return MPI_SUCCESS;
      },
      &key, nullptr);
  MPI_Comm_set_attr(MPI_COMM_SELF, key, nullptr);
  {
    const MpiGroup group(MPI_COMM_SELF);
    EXPECT_EQ(group.size(), 1);
    EXPECT_EQ(deleted, 0);
  }
  EXPECT_EQ(deleted, 1);
  MPI_Comm_delete_attr(MPI_COMM_SELF, key);
  MPI_Comm_free_keyval(&key);
}

}  // namespace
}  // namespace arbiter
