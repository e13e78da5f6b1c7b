// SPDX-License-Identifier: Apache-2.0
#include "common/size_ranges.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

/// Messages of 2 KiB, 4 KiB, ...: for each size the times of ONESHOT, TWOSHOT and NCCL.
Dataset timed(const std::vector<std::array<double, 3>>& times) {
  Dataset data;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const Problem problem = cell_of(1024, std::int64_t{1} << i);
    data.add(decision_row(problem, "ONESHOT", times[i][0]));
    data.add(decision_row(problem, "TWOSHOT", times[i][1]));
    data.add(decision_row(problem, "NCCL", times[i][2]));
  }
  return data;
}

}  // namespace

TEST(SizeRanges, EndWhereTheFastestChanges) {
  const auto found = size_ranges(timed({{1, 2, 3}, {1, 2, 3}, {4, 2, 3}, {4, 3, 2}}));
  EXPECT_EQ(to_string(found.ranges), "ONESHOT to 4 KiB, TWOSHOT to 8 KiB, NCCL above");
  EXPECT_EQ(found.cells, 4);
  EXPECT_EQ(found.mean_regret, 0.0);
  EXPECT_EQ(found.within_one_percent, 1.0);
}

TEST(SizeRanges, LeaveOutARangeThatGainsNextToNothing) {
  const auto found = size_ranges(timed({{1, 2, 3}, {1, 2, 3}, {1, 2, 3}, {2.001, 2, 3}}));
  EXPECT_EQ(to_string(found.ranges), "ONESHOT at every size");
  EXPECT_NEAR(found.mean_regret, 0.000125, 1e-6);
  EXPECT_EQ(found.within_one_percent, 1.0);
}

TEST(SizeRanges, AreAtMostThreeHoweverOftenTheFastestChanges) {
  const auto found = size_ranges(timed({{1, 9, 9}, {1, 9, 9}, {9, 1, 9}, {9, 1, 9}, {9, 9, 1}, {9, 9, 1}, {1, 9, 9}}));
  EXPECT_EQ(found.ranges.size(), 3U);
  EXPECT_LT(found.within_one_percent, 1.0);
}

TEST(SizeRanges, DoNotReturnToAStrategy) {
  EXPECT_EQ(size_ranges(timed({{1, 9, 9}, {1, 9, 9}, {1.5, 1, 9}, {1, 9, 9}, {1, 9, 9}})).ranges.size(), 1U);
}

TEST(SizeRanges, CountAChoiceWithoutATime) {
  Dataset data = timed({{1, 2, 3}});
  data.add(decision_row(cell_of(1024, 2), "NCCL", 3.0));
  EXPECT_EQ(to_string(size_ranges(data).ranges), "ONESHOT to 2 KiB, NCCL above");
  EXPECT_DOUBLE_EQ(mean_regret_of({{"ONESHOT", 1}}, data), no_time_regret / 2.0);
}

TEST(SizeRanges, AreNoneWithoutAUsableRow) {
  Dataset data;
  data.add(failed_row(cell_of(1024, 1), "NCCL"));
  EXPECT_TRUE(size_ranges(data).ranges.empty());
}

}  // namespace arbiter::test
