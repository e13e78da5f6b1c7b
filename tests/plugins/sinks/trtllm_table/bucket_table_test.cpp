// SPDX-License-Identifier: Apache-2.0
#include "trtllm_table/bucket_table.hpp"

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"
#include "trtllm_table/shipped_table.hpp"

namespace arbiter::test {

namespace {

using trtllm::BucketTable;
using trtllm::Dispatch;

constexpr std::int64_t mib = std::int64_t{1} << 20U;
const Dispatch usual(64 * mib);

Problem at(int tp_size, const char* fusion, std::int64_t hidden, std::int64_t tokens) {
  return {tp_size, DType::bfloat16, fusion, hidden, tokens};
}

const std::vector<EnginePath> ids = {{"0", {"0"}}, {"4", {"4"}}, {"5", {"5"}}, {"8", {"8"}}};

BucketTable fitted(const Dataset& times, const Dispatch& dispatch = usual, const BucketTable* shipped = nullptr,
                   FitFor purpose = FitFor::file) {
  const auto cells = engine_cells(
      times, ids, [&](const Problem& problem, const std::string& id) { return dispatch.can_choose(problem, id); });
  return trtllm::fit_buckets(cells, times, shipped == nullptr ? trtllm::shipped_table(90) : *shipped, dispatch,
                             purpose);
}

}  // namespace

TEST(BucketTable, RoundsHiddenSizeAndTokensDownToPowersOfTwo) {
  EXPECT_EQ(trtllm::bucket_of(at(4, "NONE", 2880, 333)), at(4, "NONE", 2048, 256));
  EXPECT_EQ(trtllm::bucket_of(at(8, "RESIDUAL_RMS_NORM", 8192, 16384)), at(8, "RESIDUAL_RMS_NORM", 8192, 16384));
  EXPECT_EQ(trtllm::bucket_of(at(2, "NONE", 16383, 32767)), at(2, "NONE", 8192, 16384));
  EXPECT_EQ(trtllm::bucket_of(at(2, "NONE", 128, 1)), at(2, "NONE", 128, 1));
}

TEST(BucketTable, SharesThePointOfAFusionThatAlsoWritesTheNorm) {
  EXPECT_EQ(trtllm::bucket_of(at(2, "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4", 128, 1)),
            at(2, "RESIDUAL_RMS_NORM_QUANT_NVFP4", 128, 1));
}

TEST(BucketTable, HasNoPlaceForOtherProblemsWhichRunNccl) {
  for (const Problem& problem : {at(6, "NONE", 128, 1), at(2, "SCALE_BIAS", 128, 1), at(2, "NONE", 127, 1),
                                 at(2, "NONE", 16384, 1), at(2, "NONE", 128, 32768), at(2, "NONE", 128, 0)}) {
    EXPECT_FALSE(trtllm::bucket_of(problem).has_value()) << to_string(problem);
    EXPECT_EQ(usual.look_up(trtllm::shipped_table(90), problem), "0");
    EXPECT_FALSE(usual.can_choose(problem, "4"));
    EXPECT_TRUE(usual.can_choose(problem, "0"));
  }
}

TEST(BucketTable, RunsNcclAboveTheWorkspaceWhateverThePointSays) {
  BucketTable table = trtllm::shipped_table(90);
  for (auto& [point, id] : table) id = "4";
  EXPECT_EQ(usual.look_up(table, at(2, "NONE", 8192, 4096)), "4");  // 64 MiB
  EXPECT_EQ(usual.look_up(table, at(2, "NONE", 8192, 4097)), "0");  // the same point
  EXPECT_FALSE(usual.can_choose(at(2, "NONE", 8192, 4097), "4"));
  EXPECT_EQ(Dispatch(128 * mib).look_up(table, at(2, "NONE", 8192, 4097)), "4");
  EXPECT_FALSE(usual.reads(at(2, "NONE", 8192, 8192)));
}

TEST(BucketTable, ChoosesForAllMeasurementsOfAPointNotForItsCorner) {
  Dataset times;
  const auto add = [&](std::int64_t tokens, double one_shot, double two_shot) {
    times.add(engine_context_row(at(2, "NONE", 1024, tokens), "4", one_shot));
    times.add(engine_context_row(at(2, "NONE", 1024, tokens), "5", two_shot));
  };
  add(64, 10.0, 11.0);
  add(96, 20.0, 10.0);
  EXPECT_EQ(fitted(times).at(at(2, "NONE", 1024, 64)), "5");
}

TEST(BucketTable, IsMadeOfWhatTheEngineRunsForAPointOnly) {
  Dataset times;
  const auto add = [&](std::int64_t tokens, double one_shot, double two_shot) {
    times.add(engine_context_row(at(2, "NONE", 8192, tokens), "4", one_shot));
    times.add(engine_context_row(at(2, "NONE", 8192, tokens), "5", two_shot));
    times.add(engine_context_row(at(2, "NONE", 8192, tokens), "0", 90.0));
  };
  add(4096, 20.0, 10.0);
  add(6000, 10.0, 90.0);  // above the workspace
  EXPECT_EQ(fitted(times).at(at(2, "NONE", 8192, 4096)), "5");
}

TEST(BucketTable, NeverHasTwoShotsWhereTokensMayBeFewerThanRanks) {
  Dataset times;
  for (const std::int64_t tokens : {4, 7, 8}) {
    times.add(engine_context_row(at(8, "NONE", 1024, tokens), "0", 9.0));
    times.add(engine_context_row(at(8, "NONE", 1024, tokens), "4", 99.0));
    times.add(engine_context_row(at(8, "NONE", 1024, tokens), "5", 1.0));
  }
  const auto table = fitted(times);
  EXPECT_EQ(table.at(at(8, "NONE", 1024, 4)), "0");
  EXPECT_EQ(table.at(at(8, "NONE", 1024, 8)), "5");
  for (const auto& [point, id] : table) {
    if (id == "5") {
      EXPECT_GE(point.num_tokens, point.tp_size);
    }
  }
}

TEST(BucketTable, ComparesTimesByTheirRatioToTheBest) {
  Dataset times;
  const auto add = [&](std::int64_t tokens, double nccl, double two_shot) {
    times.add(engine_context_row(at(2, "NONE", 1024, tokens), "0", nccl));
    times.add(engine_context_row(at(2, "NONE", 1024, tokens), "4", 9999.0));
    times.add(engine_context_row(at(2, "NONE", 1024, tokens), "5", two_shot));
  };
  // Two shots lose 10 % twice and win 5 % once, which in microseconds is the most.
  add(64, 10.0, 11.0);
  add(80, 10.0, 11.0);
  add(96, 1000.0, 950.0);
  EXPECT_EQ(fitted(times).at(at(2, "NONE", 1024, 64)), "0");
}

TEST(BucketTable, AvoidsWhatHasNoTimeInAPartOfTheBucket) {
  Dataset times;
  times.add(engine_context_row(at(2, "NONE", 1024, 64), "0", 1000.0));
  times.add(engine_context_row(at(2, "NONE", 1024, 64), "5", 1.0));
  times.add(engine_context_row(at(2, "NONE", 1024, 96), "0", 1000.0));
  for (const std::int64_t tokens : {64, 96}) times.add(engine_context_row(at(2, "NONE", 1024, tokens), "4", 9999.0));
  EXPECT_EQ(fitted(times).at(at(2, "NONE", 1024, 64)), "0");
}

TEST(BucketTable, TakesTheShippedIdOfThoseWithinOnePercent) {
  Dataset times;
  const auto add = [&](std::int64_t tokens, double one_shot) {  // shipped: one shot
    times.add(engine_context_row(at(2, "NONE", 1024, tokens), "5", 100.0));
    times.add(engine_context_row(at(2, "NONE", 1024, tokens), "4", one_shot));
  };
  add(64, 100.9);
  add(128, 101.1);
  EXPECT_EQ(fitted(times).at(at(2, "NONE", 1024, 64)), "4");
  EXPECT_EQ(fitted(times).at(at(2, "NONE", 1024, 128)), "5");
  EXPECT_EQ(fitted(times, usual, nullptr, FitFor::reference).at(at(2, "NONE", 1024, 64)), "5");
}

TEST(BucketTable, KeepsAShippedIdThatWasNeverMeasuredAsNothingIsKnownOfIt) {
  Dataset times;
  for (const std::int64_t tokens : {64, 2048}) {
    times.add(engine_context_row(at(4, "NONE", 4096, tokens), "0", 1.0));
    times.add(engine_context_row(at(4, "NONE", 4096, tokens), "4", 9.0));
  }
  const auto table = fitted(times);
  EXPECT_EQ(table.at(at(4, "NONE", 4096, 64)), "0") << "shipped: one shot";
  EXPECT_EQ(table.at(at(4, "NONE", 4096, 1024)), "5") << "shipped: two shots, without a time";
}

TEST(BucketTable, FillsPointsWithoutMeasurementsFromThoseAround) {
  Dataset times;  // one shot up to 256 KiB, two shots above; NCCL is never good. Hidden 2048 is not measured.
  for (const std::int64_t hidden : {1024, 4096}) {
    for (const std::int64_t tokens : powers_of_two(1, 4096)) {
      const bool small = tokens * hidden * 2 <= mib / 4;
      times.add(engine_context_row(at(4, "NONE", hidden, tokens), "0", 50.0));
      times.add(engine_context_row(at(4, "NONE", hidden, tokens), "4", small ? 5.0 : 15.0));
      if (tokens >= 4) times.add(engine_context_row(at(4, "NONE", hidden, tokens), "5", small ? 10.0 : 8.0));
    }
  }
  BucketTable nccl = trtllm::shipped_table(90);
  for (auto& [point, id] : nccl) id = "0";
  const auto table = fitted(times, usual, &nccl);
  EXPECT_EQ(table.at(at(4, "NONE", 2048, 8)), "4");
  EXPECT_EQ(table.at(at(4, "NONE", 2048, 1024)), "5");
  // Beyond the measured range too, by the size of the message; where the engine asks the table at all.
  EXPECT_EQ(table.at(at(4, "NONE", 128, 8)), "4");
  EXPECT_EQ(table.at(at(4, "NONE", 8192, 2048)), "5");
  EXPECT_EQ(table.at(at(4, "NONE", 128, 1)), "4");
  for (const auto& [point, id] : table) {
    const bool dead_or_other = !usual.reads(point) || point.fusion != "NONE" || point.tp_size != 4;
    EXPECT_EQ(id == "0", dead_or_other) << to_string(point);
  }
}

}  // namespace arbiter::test
