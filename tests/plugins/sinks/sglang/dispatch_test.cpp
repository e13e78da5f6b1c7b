// SPDX-License-Identifier: Apache-2.0
#include "sglang/dispatch.hpp"

#include <gmock/gmock.h>

#include "support/process.hpp"
#include "support/sglang_replay.hpp"

namespace arbiter::test {

namespace {

constexpr std::int64_t kib = 1024;
constexpr std::int64_t mib = 1024 * kib;
const sglang::Dispatch tp4(4, 16 * mib);

Problem message(std::int64_t bytes) { return {4, DType::bfloat16, "NONE", 1, bytes / 2}; }

}  // namespace

TEST(SglangDispatch, TakesTheFirstKernelWhoseLimitIsLargeEnough) {
  const sglang::Row row = {4 * kib, 16 * kib, 8 * kib, 32 * kib};
  EXPECT_EQ(tp4.path_of(row, message(4 * kib)), "1shot_push");
  EXPECT_EQ(tp4.path_of(row, message(4 * kib + 16)), "2shot_push");
  EXPECT_EQ(tp4.path_of(row, message(16 * kib)), "2shot_push");
  EXPECT_EQ(tp4.path_of(row, message(32 * kib)), "2shot_pull");
  EXPECT_EQ(tp4.path_of(row, message(32 * kib + 16)), "nccl");
  EXPECT_EQ(tp4.path_of(row, message(4 * kib - 2)), "nccl") << "not whole vectors of 16 bytes";
}

TEST(SglangDispatch, ClipsEachLimitToItsWorkspace) {
  const sglang::Row row = {0, 128 * mib, 0, 128 * mib};
  EXPECT_EQ(tp4.path_of(row, message(32 * mib)), "2shot_push") << "a slot holds two quarters of a message";
  EXPECT_EQ(tp4.path_of(row, message(32 * mib + 16)), "nccl") << "2shot_pull has 16 MiB";
  EXPECT_TRUE(tp4.can_choose(message(32 * mib), "2shot_push"));
  EXPECT_FALSE(tp4.can_choose(message(32 * mib), "2shot_pull"));
  EXPECT_FALSE(tp4.can_choose(message(24), "1shot_push"));
  EXPECT_TRUE(tp4.can_choose(message(32 * mib + 16), "nccl"));
}

TEST(SglangDispatch, CountsTheWorkspacesOfBothRows) {
  const sglang::Row small = {384 * kib, 0, 0, 4 * mib};
  const sglang::Row large = {1 * mib, 8 * mib, 0, 128 * mib};
  EXPECT_EQ(tp4.workspace_bytes({small, small}), 3 * mib + 4 * mib);
  EXPECT_EQ(tp4.workspace_bytes({small, large}), 32 * mib + 16 * mib) << "a slot of two shots holds half of 8 MiB";
}

TEST(SglangDispatch, ShipsNoRowsForTpSizesThatSglangRefuses) {
  EXPECT_EQ(sglang::shipped_rows(90).count(16), 0U);
  EXPECT_EQ(sglang::shipped_rows(100).count(16), 1U);
  EXPECT_EQ(sglang::shipped_rows(89).size(), 15U);
}

TEST(SglangDispatch, ShipsTheRowsOfSglangsOwnCode) {
  const std::string why_not = why_not_asked("sglang", "sglang", sglang::release);
  if (!why_not.empty()) GTEST_SKIP() << why_not;
  for (const auto& [sm, capability] :
       {std::pair{90, "9, 0"}, {100, "10, 0"}, {103, "10, 3"}, {107, "10, 7"}, {89, "8, 9"}, {120, "12, 0"}}) {
    const auto asked =
        testing::run({"python3", "-c", sglang_own_code({}, true, false, capability) + "\nprint_rows()\n"});
    std::string expected;
    for (const auto& [tp_size, rows] : sglang::shipped_rows(sm)) {
      for (const auto& row : {rows.graph, rows.eager}) {
        expected += fmt::format("{} {} {} {} {}\n", tp_size, row[0], row[1], row[2], row[3]);
      }
    }
    EXPECT_EQ(asked.output, expected) << "SM " << sm;
  }
}

}  // namespace arbiter::test
