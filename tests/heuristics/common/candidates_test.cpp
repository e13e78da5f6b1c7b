// SPDX-License-Identifier: Apache-2.0
#include "common/candidates.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

constexpr auto equal_bits = Numerics::fp32_rank_order;

Measurement row_of_class(Numerics numerics, Measurement row) {
  row.numerics = numerics;
  return row;
}

/// NCCL is the fastest everywhere; TWOSHOT and ONESHOT give equal bits, and ONESHOT has one cell more.
Dataset two_classes() {
  Dataset data(Machine{"sm90", {}});
  for (const std::int64_t tokens : {1, 2}) {
    data.add(row_of_class(Numerics::library, decision_row(cell_of(128, tokens), "NCCL", 1.0)));
    data.add(row_of_class(equal_bits, decision_row(cell_of(128, tokens), "ONESHOT", 3.0)));
  }
  data.add(row_of_class(equal_bits, decision_row(cell_of(128, 1), "TWOSHOT", 2.0)));
  return data;
}

}  // namespace

TEST(Candidates, AreAllStrategiesUnlessAClassIsAskedFor) {
  const Candidates all = candidates_of(two_classes(), std::nullopt, "", "lut");
  EXPECT_THAT(all.dataset.strategies(), ElementsAre("NCCL", "ONESHOT", "TWOSHOT"));
  EXPECT_EQ(all.fallback, "NCCL");
  EXPECT_THAT(all.note, IsEmpty());
}

TEST(Candidates, OfAClassAddInThatWayAndAreSaid) {
  const Candidates equals = candidates_of(two_classes(), equal_bits, "", "lut");
  EXPECT_THAT(equals.dataset.strategies(), ElementsAre("ONESHOT", "TWOSHOT"));
  EXPECT_EQ(equals.dataset.machine().platform, "sm90");
  EXPECT_EQ(equals.note, "\n  numerics fp32_rank_order: chosen among ONESHOT, TWOSHOT; left out: NCCL");
}

TEST(Candidates, FallBackToTheMostMeasuredOfTheClassIfTheBaselineIsOfAnother) {
  EXPECT_EQ(candidates_of(two_classes(), equal_bits, "", "lut").fallback, "ONESHOT");
  EXPECT_EQ(candidates_of(two_classes(), Numerics::library, "", "lut").fallback, "NCCL");
  EXPECT_EQ(candidates_of(two_classes(), equal_bits, "TWOSHOT", "lut").fallback, "TWOSHOT");
  EXPECT_EQ(candidates_of(two_classes(), equal_bits, "MINE", "lut").fallback, "MINE") << "nobody knows how it adds";
}

TEST(Candidates, RefuseAFallbackOfAnotherClass) {
  EXPECT_THAT([] { static_cast<void>(candidates_of(two_classes(), equal_bits, "NCCL", "lp")); },
              ThrowsMessage<ConfigError>(HasSubstr("lp: fallback: found NCCL, which does not add as numerics: "
                                                   "fp32_rank_order says; allowed: ONESHOT, TWOSHOT")));
}

TEST(Candidates, KeepFailuresThatDoNotSayHowTheirStrategyAdds) {
  Dataset data = two_classes();
  data.add(failed_row(cell_of(128, 2), "TWOSHOT"));
  data.add(row_of_class(Numerics::library, failed_row(cell_of(128, 4), "NCCL")));
  const Candidates equals = candidates_of(data, equal_bits, "", "lut");
  ASSERT_EQ(equals.dataset.rows().size(), 4U);
  EXPECT_TRUE(equals.dataset.rows().back().failed);
  EXPECT_EQ(equals.dataset.rows().back().strategy, "TWOSHOT");
}

TEST(Candidates, SayWhatWasFoundIfNothingIsLeft) {
  Dataset data = two_classes();
  data.add(decision_row(cell_of(128, 1), "OTHER", 1.0));
  EXPECT_THAT([&] { static_cast<void>(candidates_of(data, Numerics::per_hop, "", "cost_model")); },
              ThrowsMessage<DataError>(HasSubstr("cost_model: numerics: per_hop leaves no measurement to decide from; "
                                                 "found: not stated (1 rows), fp32_rank_order (3 rows), library (2 "
                                                 "rows)")));
  EXPECT_THAT([] { static_cast<void>(candidates_of(Dataset{}, equal_bits, "", "lut")); },
              ThrowsMessage<DataError>(HasSubstr("found: no usable row")));
}

}  // namespace arbiter::test
