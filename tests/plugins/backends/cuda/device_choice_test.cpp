// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "devices.hpp"

namespace {

using namespace arbiter::cuda;
using ::testing::AllOf;
using ::testing::HasSubstr;

DeviceChoice choice(int devices, int local_rank, int local_ranks, bool may_share = false) {
  return {devices, local_rank, local_ranks, may_share, {}};
}

TEST(DeviceChoice, GivesEachRankOfAHostAGpuOfItsOwn) {
  EXPECT_TRUE(choice(4, 3, 4).usable());
  EXPECT_EQ(choice(4, 0, 4).device(), 0);
  EXPECT_EQ(choice(4, 3, 4).device(), 3);
}

TEST(DeviceChoice, LetsRanksShareAGpuOnlyWhenAskedTo) {
  const auto refused = choice(2, 0, 3).usable();
  EXPECT_FALSE(refused);
  EXPECT_THAT(refused.reason,
              AllOf(HasSubstr("3 ranks"), HasSubstr("2 CUDA devices"), HasSubstr("ARBITER_SHARE_GPUS=1")));
  EXPECT_TRUE(choice(2, 2, 3, true).usable());
  EXPECT_EQ(choice(2, 2, 3, true).device(), 0);
}

TEST(DeviceChoice, SaysThatALauncherHidesTheGpusOfPeersBeforeItSuggestsToShareOne) {
  auto hidden = choice(1, 0, 4);
  hidden.visible_devices = "2";
  const auto reason = hidden.usable().reason;
  EXPECT_THAT(reason, AllOf(HasSubstr("this one sees only the CUDA device 2"), HasSubstr("--gpu-bind=none")));
  EXPECT_LT(reason.find("--gpu-bind=none"), reason.find("ARBITER_SHARE_GPUS=1"));
}

TEST(DeviceChoice, CountsTheRanksThatMeetOnOneGpu) {
  EXPECT_EQ(choice(4, 0, 1).ranks_per_device(4), 1);
  EXPECT_EQ(choice(4, 0, 1).ranks_per_device(5), 2);
  EXPECT_EQ(choice(0, 0, 1).ranks_per_device(5), 1);
}

TEST(DeviceChoice, ReadsWhatTheLauncherSays) {
  ::setenv("OMPI_COMM_WORLD_LOCAL_RANK", "5", 1);
  ::setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "8", 1);
  EXPECT_EQ(choose_device().local_rank, 5);
  EXPECT_EQ(choose_device().local_ranks, 8);
  ::unsetenv("OMPI_COMM_WORLD_LOCAL_SIZE");
  EXPECT_EQ(choose_device().local_ranks, 6);
  ::unsetenv("OMPI_COMM_WORLD_LOCAL_RANK");
  ::setenv("SLURM_LOCALID", "2", 1);
  EXPECT_EQ(choose_device().local_rank, 2);
  ::setenv("SLURM_LOCALID", "two", 1);
  EXPECT_EQ(choose_device().local_rank, 0);
  ::unsetenv("SLURM_LOCALID");
}

}  // namespace
