// SPDX-License-Identifier: Apache-2.0
// Which calls the drop-in takes, and that all others reach NCCL in order.
#include "runtime/nccl/drop_in.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr const char* detail = " epsilon 0.000010 weight_bias 0.000000 layout 0";

std::string ours(int count, int rank, int dtype = 0) {
  return "arbiter all_reduce " + std::to_string(count) + " x 0 rank " + std::to_string(rank) + " dtype " +
         std::to_string(dtype) + " fusion 0" + detail;
}
std::string theirs(const std::string& name, int count, int rank) {
  return "nccl " + name + " " + std::to_string(count) + " rank " + std::to_string(rank);
}

TEST(NcclDropIn, TakesSumsOfTheThreeDtypesThatTheDecisionGivesIt) {
  // NCCL's numbers: 6 half, 7 float, 9 bfloat16; 8 double; operation 1 is the product, 5 and up a user's own
  EXPECT_THAT(DropIn().says_after_making({"init,2", "reduce,0,1024,9,0", "reduce,1,1024,6,0", "reduce,0,8,7,0",
                                          "reduce,0,1024,8,0", "reduce,0,1024,9,1", "reduce,0,1024,9,5",
                                          "reduce,0,1000000,9,0", "reduce,0,0,9,0"}),
              ElementsAre(ours(1024, 0, 0), ours(1024, 1, 1), ours(8, 0, 2), theirs("ncclAllReduce", 1024, 0),
                          theirs("ncclAllReduce", 1024, 0), theirs("ncclAllReduce", 1024, 0),
                          theirs("ncclAllReduce", 1000000, 0), theirs("ncclAllReduce", 0, 0)));
}

TEST(NcclDropIn, ConnectsEachRankOfAThreadThatHasSeveral) {
  for (const char* make : {"init,4", "all,4", "threads,4"}) {
    const auto lines = DropIn().says({make});
    for (const char* rank : {"0 of 4 device 0", "1 of 4 device 1", "2 of 4 device 2", "3 of 4 device 3"}) {
      EXPECT_THAT(lines, Contains("arbiter create rank " + std::string(rank))) << make;
    }
    EXPECT_THAT(lines, Contains("arbiter reserve 67108864").Times(4)) << make;
  }
}

TEST(NcclDropIn, LaunchesAGroupOfOneAllReducePerCommunicatorAtItsOutermostEnd) {
  EXPECT_THAT(DropIn().says_after_making(
                  {"init,2", "start", "start", "reduce,0,64,9,0", "end", "reduce,1,64,9,0", "version", "end"}),
              ElementsAre("version 23203", ours(64, 0), ours(64, 1)));
}

TEST(NcclDropIn, SendsAGroupWithAnythingElseToNcclInOrder) {
  EXPECT_THAT(DropIn().says_after_making({"init,2", "start", "reduce,0,64,9,0", "start", "broadcast,0,7", "end",
                                          "reduce,1,64,9,0", "end", "reduce,0,65,9,0"}),
              ElementsAre("nccl ncclGroupStart", "nccl ncclGroupStart", theirs("ncclAllReduce", 64, 0),
                          theirs("ncclBroadcast", 7, 0), "nccl ncclGroupEnd", theirs("ncclAllReduce", 64, 1),
                          "nccl ncclGroupEnd", ours(65, 0)))
      << "the last one is in no group";
}

TEST(NcclDropIn, SendsAGroupWithALargeMessageOrTwoOfOneCommunicatorToNccl) {
  EXPECT_THAT(DropIn().says_after_making({"init,2", "start", "reduce,0,64,9,0", "reduce,1,1000000,9,0", "end"}),
              ElementsAre("nccl ncclGroupStart", theirs("ncclAllReduce", 64, 0), theirs("ncclAllReduce", 1000000, 1),
                          "nccl ncclGroupEnd"));
  EXPECT_THAT(DropIn().says_after_making({"init,2", "start", "reduce,0,64,9,0", "reduce,0,65,9,0", "end"}),
              ElementsAre("nccl ncclGroupStart", theirs("ncclAllReduce", 64, 0), theirs("ncclAllReduce", 65, 0),
                          "nccl ncclGroupEnd"));
}

TEST(NcclDropIn, ServesRanksInThreads) {
  EXPECT_THAT(DropIn().says_after_making({"threads,4", "every,0,512"}),
              UnorderedElementsAre(ours(512, 0), ours(512, 1), ours(512, 2), ours(512, 3)));
}

TEST(NcclDropIn, LeavesMemoryThatIsRegisteredAsAWindowToNccl) {
  // the memory is 4096 bytes; the window is bytes 64 to 1088 of it
  EXPECT_THAT(DropIn().says_after_making({"init,2", "window,0,1024", "reduce,0,16,9,0", "reduce,0,64,9,0",
                                          "reduce,1,64,9,0", "unwindow,0", "reduce,0,64,9,0"}),
              ElementsAre(ours(16, 0), theirs("ncclAllReduce", 64, 0), ours(64, 1), ours(64, 0)));
}

TEST(NcclDropIn, FollowsSplitsAndShrinksAndForgetsWhatIsDestroyed) {
  for (const char* derive : {"split,0", "shrink"}) {
    auto lines = DropIn().says_after_making({"init,2", derive, "reduce,1,64,9,0", "destroy"});
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("nccl ncclGroup"); });
    EXPECT_THAT(lines,
                ElementsAre("arbiter destroy rank 0", theirs("ncclCommDestroy", 0, 0), "arbiter destroy rank 1",
                            theirs("ncclCommDestroy", 0, 1), ours(64, 1), "arbiter destroy rank 0",
                            theirs("ncclCommDestroy", 0, 0), "arbiter destroy rank 1", theirs("ncclCommDestroy", 0, 1)))
        << derive;
  }
}

TEST(NcclDropIn, AcceptsASplitThatARankIsNoPartOf) {
  EXPECT_THAT(DropIn().says({"init,2", "split,-1", "version"}),
              AllOf(Contains("version 23203"), Contains(StartsWith("arbiter create")).Times(2)));
}

TEST(NcclDropIn, DoesNotWaitForKernelsWhenItIsAborted) {
  EXPECT_THAT(
      DropIn().says_after_making({"init,2", "reduce,0,64,9,0", "abort"}),
      ElementsAre(ours(64, 0), theirs("ncclCommAbort", 0, 0), "arbiter destroy rank 1", theirs("ncclCommAbort", 0, 1)))
      << "rank 0 has a kernel that may wait for ever, rank 1 has none";
}

TEST(NcclDropIn, LeavesCommunicatorsThatReturnAtOnceAndOfOneRankToNccl) {
  EXPECT_THAT(DropIn().says({"nonblocking,2", "reduce,0,64,9,0"}),
              ElementsAre("ncclCommInitRankConfig -> 7", theirs("ncclAllReduce", 64, 0)));
  EXPECT_THAT(DropIn().says_after_making({"init,1", "reduce,0,64,9,0"}), ElementsAre(theirs("ncclAllReduce", 64, 0)));
}

TEST(NcclDropIn, LeavesAllToNcclWhereOneRankFails) {
  for (const char* wrong : {"refuse", "rank_1", "no_kernels"}) {
    const DropIn drop_in{.environment = {"FAKE_RUNTIME=" + std::string(wrong)}};
    const auto lines = drop_in.says({"init,2", "reduce,0,64,9,0", "reduce,1,64,9,0"});
    EXPECT_THAT(lines, AllOf(Contains(theirs("ncclAllReduce", 64, 0)), Contains(theirs("ncclAllReduce", 64, 1))))
        << wrong;
    EXPECT_THAT(lines, Not(Contains(StartsWith("arbiter all_reduce")))) << wrong;
  }
}

TEST(NcclDropIn, SaysOnceWhyADecisionIsRefused) {
  const DropIn drop_in{.environment = {"FAKE_RUNTIME=refuse"}};
  EXPECT_THAT(drop_in.says({"init,2"}),
              Contains(HasSubstr("WARN everything goes to NCCL: ARBITER_DECISION_REFUSED: decision.json: found tp 4; "
                                 "allowed: tp 2"))
                  .Times(1));
}

TEST(NcclDropIn, GivesTheRuntimeNcclsCommunicatorAndWhatTheEnvironmentSays) {
  const DropIn drop_in{
      .environment = {"FAKE_RUNTIME_OPTIONS=1", "ARBITER_RESERVE_BYTES=1048576", "ARBITER_CONCURRENT_COMMUNICATORS=1"}};
  EXPECT_THAT(drop_in.says({"init,2"}),
              AllOf(Contains(AllOf(HasSubstr(" nccl_library " FAKES "/new/libnccl.so.2 "), HasSubstr(" concurrent 1"),
                                   Not(HasSubstr("nccl_comm 0 "))))
                        .Times(2),
                    Contains("arbiter reserve 1048576").Times(2)));
  const DropIn nonsense{.environment = {"ARBITER_RESERVE_BYTES=1G"}};
  EXPECT_THAT(
      nonsense.says({"init,2"}),
      AllOf(Contains("arbiter: ARBITER_RESERVE_BYTES: found 1G; allowed: a whole number from 0; taken: 67108864"),
            Contains("arbiter reserve 67108864").Times(2)));
}

TEST(NcclDropIn, GivesErrorsInNcclsWords) {
  const DropIn launch{.environment = {"FAKE_RUNTIME=launch"}};
  EXPECT_THAT(
      launch.says({"init,2", "last,0", "reduce,0,64,9,0", "last,0", "last,1"}),
      AllOf(Contains("ncclAllReduce -> 1"), Contains("last error ARBITER_CUDA_ERROR: the launch failed").Times(1),
            Contains("last error NCCL's last error").Times(2)));
  const DropIn lost{.environment = {"FAKE_RUNTIME=lost"}};
  EXPECT_THAT(lost.says_after_making({"init,2", "error,0"}), ElementsAre("async error 6"));
  EXPECT_THAT(DropIn().says_after_making({"init,2", "error,0"}), ElementsAre("async error 0"));
}

TEST(NcclDropIn, DisabledIsAPlainPassThrough) {
  const DropIn drop_in{.environment = {"ARBITER_DISABLE=1", "ARBITER_DEBUG=INFO"}};
  EXPECT_THAT(
      drop_in.says({"init,2", "start", "reduce,0,64,9,0", "end", "reduce,0,64,9,0"}),
      ElementsAre(HasSubstr("INFO NCCL 23203"), "nccl ncclGroupStart", "nccl ncclGroupEnd", "nccl ncclGroupStart",
                  theirs("ncclAllReduce", 64, 0), "nccl ncclGroupEnd", theirs("ncclAllReduce", 64, 0)));
  const DropIn enabled{.environment = {"ARBITER_DISABLE=0"}};
  EXPECT_THAT(enabled.says_after_making({"init,2", "reduce,0,64,9,0"}), ElementsAre(ours(64, 0)));
}

TEST(NcclDropIn, SaysWhatItTookAndWhyNotWhereItIsAskedTo) {
  const DropIn drop_in{.environment = {"ARBITER_DEBUG=INFO"}};
  const auto lines = drop_in.says({"init,2", "reduce,0,64,9,0", "reduce,0,64,9,0", "reduce,0,64,9,1", "start",
                                   "reduce,0,65,9,0", "broadcast,0,7", "end", "destroy"});
  EXPECT_THAT(lines, AllOf(Contains(HasSubstr("INFO rank 0 of 2 on GPU 0: Arbiter serves sums")),
                           Contains(HasSubstr("INFO rank 0 of 2 on GPU 0: decided by a decision for tests")),
                           Contains(HasSubstr("ncclAllReduce of 64 bfloat16: ONESHOT, by its size")).Times(1),
                           Contains(HasSubstr("ncclAllReduce of 64 bfloat16: NCCL, it is no plain sum")),
                           Contains(HasSubstr("ncclAllReduce of 65 bfloat16: NCCL, other operations are in its group")),
                           Contains(HasSubstr("rank 0 of 2 on GPU 0: 2 AllReduces by Arbiter, 2 by NCCL"))));
  EXPECT_THAT(DropIn().says({"init,2", "reduce,0,64,9,0", "destroy"}), Not(Contains(HasSubstr("INFO"))));
}

}  // namespace
}  // namespace arbiter::testing
