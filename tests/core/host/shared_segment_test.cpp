// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/shared_segment.hpp"

#include <cstring>
#include <filesystem>
#include <limits>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mpi.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "comm/mpi_group.hpp"
#include "host/segment_file.hpp"

namespace {

using namespace arbiter;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

MpiGroup& world() {
  static MpiGroup group(MPI_COMM_WORLD);
  return group;
}

std::set<std::string> names_of_ours() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
    const std::string name = entry.path().filename();
    if (name.rfind("arbiter", 0) == 0) names.insert(name);
  }
  return names;
}

TEST(SharedSegment, IsZeroedAndSharedByAllRanks) {
  const SharedSegment segment(world(), 100'000);
  ASSERT_GE(segment.bytes_per_rank(), 100'000U);
  for (int rank = 0; rank < world().size(); ++rank) {
    EXPECT_EQ(segment.of(rank)[0], std::byte{0});
    EXPECT_EQ(segment.of(rank)[segment.bytes_per_rank() - 1], std::byte{0});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(segment.of(rank)) % static_cast<std::uintptr_t>(getpagesize()), 0U);
  }
  world().barrier();
  const auto mark = static_cast<std::byte>(world().rank() + 1);
  std::memset(segment.of(world().rank()), std::to_integer<int>(mark), segment.bytes_per_rank());
  world().barrier();
  for (int rank = 0; rank < world().size(); ++rank) {
    EXPECT_EQ(segment.of(rank)[0], static_cast<std::byte>(rank + 1));
    EXPECT_EQ(segment.of(rank)[segment.bytes_per_rank() - 1], static_cast<std::byte>(rank + 1));
  }
  world().barrier();
}

TEST(SharedSegment, HasRoomWhenNoneIsAskedFor) {
  const SharedSegment segment(world(), 0);
  EXPECT_GT(segment.bytes_per_rank(), 0U);
  segment.of(world().rank())[0] = std::byte{1};
  world().barrier();
}

TEST(SharedSegment, LeavesNoNameInDevShm) {
  const std::set<std::string> before = names_of_ours();
  world().barrier();
  const SharedSegment segment(world(), 4096);
  world().barrier();
  EXPECT_THAT(before, IsSupersetOf(names_of_ours()));
  world().barrier();
}

TEST(SharedSegment, SaysTheSameOnEveryRankWhenMemoryCannotBeHad) {
  constexpr std::size_t pebibyte = std::size_t{1} << 50U;
  std::string message;
  try {
    const SharedSegment segment(world(), pebibyte);
  } catch (const SystemError& error) {
    message = error.what();
  }
  EXPECT_THAT(message, AllOf(HasSubstr("reserve"), HasSubstr("bytes of shared memory on rank 0")));
  EXPECT_EQ(world().broadcast(message, 0), message);
}

TEST(SharedSegment, RefusesSizesThatOverflow) {
  EXPECT_THROW(SharedSegment(world(), std::numeric_limits<std::size_t>::max()), Error);
}

/// Both ways of sharing a file give the same thing.
class SegmentFile : public ::testing::TestWithParam<Descriptor (*)(ProcessGroup&, std::size_t)> {};

TEST_P(SegmentFile, IsOneFileForAllRanksThatOnlyItsUserMayOpen) {
  const std::set<std::string> before = names_of_ours();
  world().barrier();
  const Descriptor file = GetParam()(world(), 8192);
  ASSERT_TRUE(file.valid());
  world().barrier();
  EXPECT_THAT(before, IsSupersetOf(names_of_ours()));
  struct stat status {};
  ASSERT_EQ(fstat(file.number(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(status.st_size, 8192);
  EXPECT_GE(status.st_blocks * 512, 8192);
  ino_t inode = status.st_ino;
  world().broadcast(&inode, sizeof inode, 0);
  EXPECT_EQ(status.st_ino, inode);
}

INSTANTIATE_TEST_SUITE_P(Ways, SegmentFile, ::testing::Values(open_nameless_segment, open_named_segment),
                         [](const auto& way) { return way.index == 0 ? "Nameless" : "Named"; });

TEST(SegmentFile, LeavesNoNameWhereTheNamedWayFails) {
  const std::set<std::string> before = names_of_ours();
  world().barrier();
  std::string message;
  try {
    static_cast<void>(open_named_segment(world(), std::size_t{1} << 50U));
  } catch (const SystemError& error) {
    message = error.what();
  }
  EXPECT_THAT(message, HasSubstr("reserve 1125899906842624 bytes of shared memory in /dev/shm on rank 0"));
  world().barrier();
  EXPECT_THAT(before, IsSupersetOf(names_of_ours()));
  world().barrier();
}

TEST(AgreeOnSuccess, TellsEveryRankOfTheOneThatFailed) {
  agree_on_success(world(), "do nothing", 0);
  const int last = world().size() - 1;
  std::string message;
  try {
    agree_on_success(world(), world().rank() == last ? "open the door" : "wait", world().rank() == last ? ENOENT : 0);
  } catch (const SystemError& error) {
    message = error.what();
  }
  EXPECT_THAT(message, AllOf(HasSubstr("open the door on rank " + std::to_string(last)), HasSubstr("No such file")));
}

}  // namespace
