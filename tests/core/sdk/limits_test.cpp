#include "arbiter/limits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <gmock/gmock.h>

namespace arbiter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// As on GPUs that write 345 GB/s to each other.
Limits limits_of(int ranks) {
  Limits limits(ranks);
  limits.add({{.limit = Limit::launch}, 0.35, {}});
  limits.add({{Limit::one_way, 0, 1}, 1.25, {}});
  limits.add({{.limit = Limit::push, .bytes = 64 << 20}, 345.0, {}});
  return limits;
}

Problem message(int tp_size, std::int64_t bytes) { return {tp_size, DType::bfloat16, "NONE", 1024, bytes / 2048}; }

TEST(Limits, BoundAMessageByOneShotOrTwoWhicheverIsLess) {
  struct Known {
    int ranks;
    std::int64_t kib;
    double us;
  };
  constexpr std::array known{Known{2, 8, 1.6},     Known{2, 256, 2.4}, Known{2, 1024, 4.6}, Known{2, 32768, 98.9},
                             Known{4, 8, 1.7},     Known{4, 256, 3.4}, Known{4, 1024, 6.2}, Known{4, 8192, 38.1},
                             Known{4, 65536, 293}, Known{4, 512, 4.0}};
  for (const auto& [ranks, kib, us] : known) {
    EXPECT_NEAR(limits_of(ranks).floor_us(message(ranks, kib << 10)), us, us < 100 ? 0.06 : 0.6) << ranks << " " << kib;
  }
}

TEST(Limits, TakeTheBestRateOfAllRanksAtOnceAndTheMedianLatency) {
  auto limits = limits_of(3);
  limits.add({{Limit::copy, LimitCase::all, LimitCase::all, 1 << 20}, 383.0, {}});
  limits.add({{Limit::copy, LimitCase::all, LimitCase::all, 2 << 20}, Measurement::none, "no engine"});
  limits.add({{Limit::pull, 0, 1, 1 << 20}, 900.0, {}});
  limits.add({{Limit::one_way, 0, 2}, 9.0, {}});
  limits.add({{Limit::one_way, 1, 2}, 1.5, {}});
  EXPECT_EQ(limits.gigabytes_per_second(), 383.0);
  EXPECT_EQ(limits.one_way_us(), 1.5);
}

TEST(Limits, OfAnEvenNumberOfPairsTakeTheSlowerOfTheMiddleTwo) {
  Limits limits(4);
  for (const double us : {9.0, 1.0, 3.0, Measurement::none, 2.0}) limits.add({{Limit::one_way, 0, 1}, us, {}});
  EXPECT_EQ(limits.one_way_us(), 3.0);
}

TEST(Limits, AddUpToTheFloorOfOneShotAndOfTwo) {
  const auto floor_us = [](int ranks, std::int64_t bytes) {
    Limits limits(ranks);
    limits.add({{.limit = Limit::launch}, 1.0, {}});
    limits.add({{Limit::one_way, 0, 1}, 2.0, {}});
    limits.add({{.limit = Limit::push, .bytes = 1 << 20}, 1.0, {}});
    return limits.floor_us(message(ranks, bytes));
  };
  EXPECT_NEAR(floor_us(2, 2048), 1.0 + 2.048 + 2.0, 1e-9);          // one shot
  EXPECT_NEAR(floor_us(4, 2048), 1.0 + (1.536 + 2.0) + 2.0, 1e-9);  // the second half waits for the first to arrive
  EXPECT_NEAR(floor_us(4, 20480), 1.0 + 2.0 * 15.36 + 2.0, 1e-9);   // the halves follow each other on the wire
}

TEST(Limits, GiveNoFloorWithoutAllOfThemOrForOtherRanks) {
  for (std::size_t missing = 0; missing < 3; ++missing) {
    Limits limits(2);
    const auto all = limits_of(2);
    for (std::size_t i = 0; i < 3; ++i) {
      if (i != missing) limits.add(all.rows()[i]);
    }
    EXPECT_TRUE(std::isnan(limits.floor_us(message(2, 8192)))) << missing;
  }
  EXPECT_TRUE(std::isnan(limits_of(2).floor_us(message(4, 8192))));
  EXPECT_TRUE(std::isnan(Limits(2).floor_us(message(2, 8192))));
}

TEST(Limits, OfOneRankAreALaunch) {
  Limits limits(1);
  limits.add({{.limit = Limit::launch}, 0.35, {}});
  EXPECT_EQ(limits.floor_us(message(1, 8192)), 0.35);
}

TEST(Limits, HaveTheNamesOfTheirFile) {
  EXPECT_EQ(name_of(Limit::launch), "launch");
  EXPECT_EQ(name_of(Limit::one_way), "one_way");
  EXPECT_EQ(name_of(Limit::push), "push");
  EXPECT_EQ(name_of(Limit::pull), "pull");
  EXPECT_EQ(name_of(Limit::copy), "copy");
}

TEST(LimitCases, MeetEveryPairAndAllAtOnce) {
  constexpr std::array rates{Limit::push, Limit::pull};
  constexpr std::array<std::size_t, 2> sizes{1024, 4096};
  const auto cases = usual_limit_cases(3, rates, sizes, 7);
  EXPECT_EQ(cases.size(), 1U + 3U + 2U * (6U + 2U));
  EXPECT_EQ(cases[1], (LimitCase{Limit::one_way, 0, 1, 0, 7}));
  EXPECT_EQ(std::ranges::count(cases, LimitCase{Limit::pull, 2, 0, 4096}), 1);
  EXPECT_EQ(std::ranges::count(cases, LimitCase{Limit::push, LimitCase::all, LimitCase::all, 1024}), 1);
  EXPECT_EQ(usual_limit_cases(1, rates, sizes, 7), std::vector<LimitCase>{{}});
}

TEST(LimitCases, SayWhoMovesAndWhereItArrives) {
  const LimitCase push{Limit::push, 0, 2, 64};
  EXPECT_THAT(push.peers_of(0, 3), ElementsAre(2));
  EXPECT_THAT(push.peers_of(2, 3), IsEmpty());
  EXPECT_THAT(push.senders_to(2, 3), ElementsAre(0));
  EXPECT_THAT(push.senders_to(0, 3), IsEmpty());
  const LimitCase pull{Limit::pull, 0, 2, 64};
  EXPECT_THAT(pull.peers_of(2, 3), ElementsAre(0));
  EXPECT_THAT(pull.peers_of(0, 3), IsEmpty());
  EXPECT_THAT(pull.senders_to(2, 3), ElementsAre(0));
  const LimitCase all{.limit = Limit::copy, .bytes = 64};
  EXPECT_THAT(all.peers_of(1, 4), ElementsAre(2, 3, 0));
  EXPECT_THAT(all.senders_to(1, 4), ElementsAre(2, 3, 0));
  EXPECT_THAT(LimitCase{}.peers_of(0, 4), IsEmpty());
}

TEST(LimitPattern, TellsWhereSomethingIsMissing) {
  std::vector<std::uint64_t> words;
  for (std::size_t i = 0; i < 100; ++i) words.push_back(limit_pattern(1, i));
  EXPECT_EQ(missing_from(words, 1), "");
  EXPECT_NE(missing_from(words, 2), "");
  words[60] = 0;
  EXPECT_EQ(missing_from(words, 1), "byte 480 and later of what rank 1 sent did not arrive");
}

}  // namespace
}  // namespace arbiter
