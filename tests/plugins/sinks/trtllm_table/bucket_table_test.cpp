// SPDX-License-Identifier: Apache-2.0
#include "trtllm_table/bucket_table.hpp"

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

Problem at(int tp_size, const char* fusion, std::int64_t hidden, std::int64_t tokens) {
  return {tp_size, DType::bfloat16, fusion, hidden, tokens};
}

}  // namespace

TEST(BucketTable, RoundsHiddenSizeAndTokensDownToPowersOfTwo) {
  EXPECT_EQ(trtllm::bucket_of(at(4, "NONE", 2880, 333)), at(4, "NONE", 2048, 256));
  EXPECT_EQ(trtllm::bucket_of(at(8, "RESIDUAL_RMS_NORM", 8192, 16384)), at(8, "RESIDUAL_RMS_NORM", 8192, 16384));
  EXPECT_EQ(trtllm::bucket_of(at(2, "NONE", 16383, 32767)), at(2, "NONE", 8192, 16384));
}

TEST(BucketTable, SharesThePointOfAFusionThatAlsoWritesTheNorm) {
  EXPECT_EQ(trtllm::bucket_of(at(2, "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4", 128, 1)),
            at(2, "RESIDUAL_RMS_NORM_QUANT_NVFP4", 128, 1));
}

TEST(BucketTable, HasNoPlaceForOtherProblems) {
  for (const Problem& problem : {at(6, "NONE", 128, 1), at(2, "SCALE_BIAS", 128, 1), at(2, "NONE", 127, 1),
                                 at(2, "NONE", 16384, 1), at(2, "NONE", 128, 32768)}) {
    EXPECT_FALSE(trtllm::bucket_of(problem).has_value()) << to_string(problem);
    EXPECT_EQ(trtllm::look_up({}, problem), "0");
  }
}

TEST(BucketTable, ChoosesForAllMeasurementsOfAPointNotForItsCorner) {
  Dataset paths;
  const auto add = [&](std::int64_t tokens, double one_shot, double two_shot) {
    paths.add(decision_row(at(2, "NONE", 1024, tokens), "4", one_shot));
    paths.add(decision_row(at(2, "NONE", 1024, tokens), "5", two_shot));
  };
  add(64, 10.0, 11.0);
  add(96, 20.0, 10.0);
  EXPECT_EQ(trtllm::fit_buckets(paths).at(at(2, "NONE", 1024, 64)), "5");
}

TEST(BucketTable, NeverHasTwoShotsWhereTokensMayBeFewerThanRanks) {
  Dataset paths;
  for (const std::int64_t tokens : {4, 7, 8}) {
    paths.add(decision_row(at(8, "NONE", 1024, tokens), "0", 9.0));
    paths.add(decision_row(at(8, "NONE", 1024, tokens), "5", 1.0));
  }
  const auto table = trtllm::fit_buckets(paths);
  EXPECT_EQ(table.at(at(8, "NONE", 1024, 4)), "0");
  EXPECT_EQ(table.at(at(8, "NONE", 1024, 8)), "5");
}

TEST(BucketTable, ComparesTimesByTheirRatioToTheBest) {
  Dataset paths;
  const auto add = [&](std::int64_t tokens, double nccl, double one_shot) {
    paths.add(decision_row(at(2, "NONE", 1024, tokens), "0", nccl));
    paths.add(decision_row(at(2, "NONE", 1024, tokens), "4", one_shot));
  };
  // One shot loses 10 % twice and wins 5 % once, which in microseconds is the most.
  add(64, 10.0, 11.0);
  add(80, 10.0, 11.0);
  add(96, 1000.0, 950.0);
  EXPECT_EQ(trtllm::fit_buckets(paths).at(at(2, "NONE", 1024, 64)), "0");
}

TEST(BucketTable, AvoidsWhatHasNoTimeInAPartOfTheBucket) {
  Dataset paths;
  paths.add(decision_row(at(2, "NONE", 1024, 64), "0", 1000.0));
  paths.add(decision_row(at(2, "NONE", 1024, 64), "4", 1.0));
  paths.add(decision_row(at(2, "NONE", 1024, 96), "0", 1000.0));
  EXPECT_EQ(trtllm::fit_buckets(paths).at(at(2, "NONE", 1024, 64)), "0");
}

TEST(BucketTable, TakesTheFirstNumberOfEquals) {
  Dataset paths;
  for (const char* number : {"8", "5", "4", "0"}) paths.add(decision_row(at(2, "NONE", 1024, 64), number, 7.0));
  for (const char* number : {"8", "5"}) paths.add(decision_row(at(2, "NONE", 1024, 128), number, 7.0));
  EXPECT_EQ(trtllm::fit_buckets(paths).at(at(2, "NONE", 1024, 64)), "0");
  EXPECT_EQ(trtllm::fit_buckets(paths).at(at(2, "NONE", 1024, 128)), "5");
}

TEST(BucketTable, HasNoPlaceForNoTokens) {
  EXPECT_FALSE(trtllm::bucket_of(at(2, "NONE", 128, 0)).has_value());
  EXPECT_EQ(trtllm::bucket_of(at(2, "NONE", 128, 1)), at(2, "NONE", 128, 1));
}

}  // namespace arbiter::test
