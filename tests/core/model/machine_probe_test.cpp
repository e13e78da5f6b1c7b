// SPDX-License-Identifier: Apache-2.0
#include "arbiter/machine_probe.hpp"

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
MachineProbe probe_of(int ranks) {
  MachineProbe probe(ranks);
  probe.add({{.kind = ProbeKind::launch}, 0.35, {}});
  probe.add({{ProbeKind::one_way, 0, 1}, 1.25, {}});
  probe.add({{.kind = ProbeKind::push, .bytes = 64 << 20}, 345.0, {}});
  return probe;
}

Problem message(int tp_size, std::int64_t bytes) { return {tp_size, DType::bfloat16, "NONE", 1024, bytes / 2048}; }

TEST(MachineProbe, BoundAMessageByOneShotOrTwoWhicheverIsLess) {
  struct Known {
    int ranks;
    std::int64_t kib;
    double us;
  };
  constexpr std::array known{Known{2, 8, 1.6},     Known{2, 256, 2.4}, Known{2, 1024, 4.6}, Known{2, 32768, 98.9},
                             Known{4, 8, 1.7},     Known{4, 256, 3.4}, Known{4, 1024, 6.2}, Known{4, 8192, 38.1},
                             Known{4, 65536, 293}, Known{4, 512, 4.0}};
  for (const auto& [ranks, kib, us] : known) {
    EXPECT_NEAR(probe_of(ranks).lower_bound_us(message(ranks, kib << 10), Context::engine), us, us < 100 ? 0.06 : 0.6)
        << ranks << " " << kib;
  }
}

TEST(MachineProbe, TakeTheBestRateOfAllRanksAtOnceAndTheMedianLatency) {
  auto probe = probe_of(3);
  probe.add({{ProbeKind::copy, ProbeCase::all, ProbeCase::all, 1 << 20}, 383.0, {}});
  probe.add({{ProbeKind::copy, ProbeCase::all, ProbeCase::all, 2 << 20}, Measurement::none, "no engine"});
  probe.add({{ProbeKind::pull, 0, 1, 1 << 20}, 900.0, {}});
  probe.add({{ProbeKind::one_way, 0, 2}, 9.0, {}});
  probe.add({{ProbeKind::one_way, 1, 2}, 1.5, {}});
  EXPECT_EQ(probe.gigabytes_per_second(), 383.0);
  EXPECT_EQ(probe.one_way_us(), 1.5);
}

TEST(MachineProbe, OfAnEvenNumberOfPairsTakeTheSlowerOfTheMiddleTwo) {
  MachineProbe probe(4);
  for (const double us : {9.0, 1.0, 3.0, Measurement::none, 2.0}) probe.add({{ProbeKind::one_way, 0, 1}, us, {}});
  EXPECT_EQ(probe.one_way_us(), 3.0);
}

TEST(MachineProbe, AddUpToTheFloorOfOneShotAndOfTwo) {
  const auto lower_bound_us = [](int ranks, std::int64_t bytes) {
    MachineProbe probe(ranks);
    probe.add({{.kind = ProbeKind::launch}, 1.0, {}});
    probe.add({{ProbeKind::one_way, 0, 1}, 2.0, {}});
    probe.add({{.kind = ProbeKind::push, .bytes = 1 << 20}, 1.0, {}});
    return probe.lower_bound_us(message(ranks, bytes), Context::engine);
  };
  EXPECT_NEAR(lower_bound_us(2, 2048), 1.0 + 2.048 + 2.0, 1e-9);  // one shot
  EXPECT_NEAR(lower_bound_us(4, 2048), 1.0 + (1.536 + 2.0) + 2.0,
              1e-9);  // the second half waits for the first to arrive
  EXPECT_NEAR(lower_bound_us(4, 20480), 1.0 + 2.0 * 15.36 + 2.0, 1e-9);  // the halves follow each other on the wire
}

TEST(MachineProbe, GiveNoFloorWithoutAllOfThemOrForOtherRanks) {
  for (std::size_t missing = 0; missing < 3; ++missing) {
    MachineProbe probe(2);
    const auto all = probe_of(2);
    for (std::size_t i = 0; i < 3; ++i) {
      if (i != missing) probe.add(all.rows()[i]);
    }
    EXPECT_TRUE(std::isnan(probe.lower_bound_us(message(2, 8192), Context::engine))) << missing;
  }
  EXPECT_TRUE(std::isnan(probe_of(2).lower_bound_us(message(4, 8192), Context::engine)));
  EXPECT_TRUE(std::isnan(MachineProbe(2).lower_bound_us(message(2, 8192), Context::engine)));
}

TEST(MachineProbe, OfOneRankAreALaunch) {
  MachineProbe probe(1);
  probe.add({{.kind = ProbeKind::launch}, 0.35, {}});
  EXPECT_EQ(probe.lower_bound_us(message(1, 8192), Context::engine), 0.35);
}

TEST(MachineProbe, HaveTheNamesOfTheirFile) {
  EXPECT_EQ(name_of(ProbeKind::launch), "launch");
  EXPECT_EQ(name_of(ProbeKind::one_way), "one_way");
  EXPECT_EQ(name_of(ProbeKind::push), "push");
  EXPECT_EQ(name_of(ProbeKind::pull), "pull");
  EXPECT_EQ(name_of(ProbeKind::copy), "copy");
}

TEST(LimitCases, MeetEveryPairAndAllAtOnce) {
  constexpr std::array rates{ProbeKind::push, ProbeKind::pull};
  constexpr std::array<std::size_t, 2> sizes{1024, 4096};
  const auto cases = usual_probe_cases(3, rates, sizes, 7);
  EXPECT_EQ(cases.size(), 1U + 3U + 2U * (6U + 2U));
  EXPECT_EQ(cases[1], (ProbeCase{ProbeKind::one_way, 0, 1, 0, 7}));
  EXPECT_EQ(std::ranges::count(cases, ProbeCase{ProbeKind::pull, 2, 0, 4096}), 1);
  EXPECT_EQ(std::ranges::count(cases, ProbeCase{ProbeKind::push, ProbeCase::all, ProbeCase::all, 1024}), 1);
  EXPECT_EQ(usual_probe_cases(1, rates, sizes, 7), std::vector<ProbeCase>{{}});
}

TEST(LimitCases, SayWhoMovesAndWhereItArrives) {
  const ProbeCase push{ProbeKind::push, 0, 2, 64};
  EXPECT_THAT(push.peers_of(0, 3), ElementsAre(2));
  EXPECT_THAT(push.peers_of(2, 3), IsEmpty());
  EXPECT_THAT(push.senders_to(2, 3), ElementsAre(0));
  EXPECT_THAT(push.senders_to(0, 3), IsEmpty());
  const ProbeCase pull{ProbeKind::pull, 0, 2, 64};
  EXPECT_THAT(pull.peers_of(2, 3), ElementsAre(0));
  EXPECT_THAT(pull.peers_of(0, 3), IsEmpty());
  EXPECT_THAT(pull.senders_to(2, 3), ElementsAre(0));
  const ProbeCase all{.kind = ProbeKind::copy, .bytes = 64};
  EXPECT_THAT(all.peers_of(1, 4), ElementsAre(2, 3, 0));
  EXPECT_THAT(all.senders_to(1, 4), ElementsAre(2, 3, 0));
  EXPECT_THAT(ProbeCase{}.peers_of(0, 4), IsEmpty());
}

TEST(LimitPattern, TellsWhereSomethingIsMissing) {
  std::vector<std::uint64_t> words;
  for (std::size_t i = 0; i < 100; ++i) words.push_back(probe_pattern(1, i));
  EXPECT_EQ(missing_from(words, 1), "");
  EXPECT_NE(missing_from(words, 2), "");
  words[60] = 0;
  EXPECT_EQ(missing_from(words, 1), "byte 480 and later of what rank 1 sent did not arrive");
}

}  // namespace
}  // namespace arbiter
