// SPDX-License-Identifier: Apache-2.0
#include "model/winner_change.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::IsEmpty;

Reading timed(double time_us, double half_width_us = 0.1) {
  return {false, false, time_us, time_us - half_width_us, time_us + half_width_us};
}

PointKey key(const std::string& strategy, std::int64_t tokens = 1) {
  return {.problem = cell_of(128, tokens), .strategy = strategy};
}

WinnerChanges changes(const Readings& before, const Readings& after) {
  return winner_changes(compare(before, after, 0.05));
}

}  // namespace

TEST(WinnerChanges, NeedBothSidesToBeBeyondNoise) {
  const Readings before = {{key("A"), timed(10)}, {key("B"), timed(12)}};
  const auto flipped = changes(before, {{key("A"), timed(12)}, {key("B"), timed(10)}});
  EXPECT_EQ(flipped.problems, 1);
  ASSERT_EQ(flipped.changes.size(), 1U);
  EXPECT_EQ(flipped.changes.front().key.strategy, "A");
  EXPECT_EQ(flipped.changes.front().now, "B");
  EXPECT_NEAR(flipped.changes.front().cost, 0.2, 1e-12);
  EXPECT_THAT(changes(before, {{key("A"), timed(10.1)}, {key("B"), timed(10)}}).changes, IsEmpty()) << "a tie now";
  EXPECT_THAT(
      changes({{key("A"), timed(10)}, {key("B"), timed(10.1)}}, {{key("A"), timed(12)}, {key("B"), timed(10)}}).changes,
      IsEmpty())
      << "a tie before";
  EXPECT_THAT(changes(before, before).changes, IsEmpty());
}

TEST(WinnerChanges, WithoutIntervalsTheThresholdIsTheNoise) {
  const auto bare = [](double time_us) { return Reading{.time_us = time_us}; };
  const Readings before = {{key("A"), bare(10)}, {key("B"), bare(12)}};
  EXPECT_THAT(changes(before, {{key("A"), bare(10.4)}, {key("B"), bare(10)}}).changes, IsEmpty());
  EXPECT_EQ(changes(before, {{key("A"), bare(10.6)}, {key("B"), bare(10)}}).changes.size(), 1U);
}

TEST(WinnerChanges, AWinnerThatFailsNowIsTheMostCostlyChange) {
  const auto result = changes(
      {{key("A", 1), timed(10)}, {key("B", 1), timed(12)}, {key("A", 2), timed(10)}, {key("B", 2), timed(12)}},
      {{key("A", 1), timed(30)}, {key("B", 1), timed(12)}, {key("A", 2), {.failed = true}}, {key("B", 2), timed(12)}});
  ASSERT_EQ(result.changes.size(), 2U);
  EXPECT_EQ(result.changes.front().key, key("A", 2));
  EXPECT_TRUE(std::isinf(result.changes.front().cost));
}

TEST(WinnerChanges, AutoAndStrategiesOfOneSideDoNotCount) {
  const Readings before = {{key("A"), timed(10)}, {key("AUTO"), timed(9)}, {key("GONE"), timed(1)}};
  const auto result = changes(before, {{key("A"), timed(10)}, {key("AUTO"), timed(20)}, {key("NEW"), timed(1)}});
  EXPECT_EQ(result.problems, 1);
  EXPECT_THAT(result.changes, IsEmpty());
}

TEST(WinnerChanges, EachSizeOfACurveIsAProblem) {
  const auto point = [](const std::string& strategy, std::int64_t bytes) {
    return PointKey{.problem = {.tp_size = 2}, .strategy = strategy, .bytes = bytes};
  };
  const Readings times = {{point("A", 1), timed(1)}, {point("A", 2), timed(9)}, {point("B", 2), timed(3)}};
  EXPECT_EQ(changes(times, times).problems, 2);
}

}  // namespace arbiter::test
