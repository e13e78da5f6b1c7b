// SPDX-License-Identifier: Apache-2.0
#include "lut/stable_table.hpp"

#include <gmock/gmock.h>

#include "lut/lut.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

/// A takes 10; B halves with each doubling of tokens and crosses A at 160 tokens. Tokens are measured in steps of 16.
Dataset coarse() {
  Dataset data;
  for (const std::int64_t hidden : {128, 256, 512}) {
    for (const std::int64_t tokens : {16, 256, 4096, 65536}) {
      data.add(decision_row(cell_of(hidden, tokens), "A", 10.0));
      data.add(decision_row(cell_of(hidden, tokens), "B", 1600.0 / static_cast<double>(tokens)));
    }
  }
  return data;
}

LutOptions options(LutOptions::Refine refine) { return {LutOptions::Mode::stable, 0.0, "NCCL", {}, refine}; }

}  // namespace

TEST(RefinedTable, FindsACrossingBetweenMeasuredCells) {
  const auto plain = fit_lut(coarse(), options(LutOptions::Refine::never));
  const auto refined = fit_lut(coarse(), options(LutOptions::Refine::always));
  EXPECT_EQ(plain->select(cell_of(128, 80)), "B");
  EXPECT_EQ(refined->select(cell_of(128, 80)), "A");
  EXPECT_EQ(plain->select(cell_of(128, 60)), "A");
  EXPECT_EQ(refined->select(cell_of(128, 256)), "B");
  EXPECT_THAT(refined->report(), HasSubstr("used: refined cells (estimated times), look-up "));
}

TEST(RefinedTable, AgreesWithTheStableTableInMeasuredCells) {
  Dataset data = coarse();
  data.add(failed_row(cell_of(128, 4096), "B"));
  const auto plain = fit_lut(data, options(LutOptions::Refine::never));
  const auto refined = fit_lut(data, options(LutOptions::Refine::always));
  for (const auto& [problem, cell] : data.cells()) EXPECT_EQ(refined->select(problem), plain->select(problem));
}

TEST(RefinedTable, AvoidsWhatFailedInTheCellsAround) {
  Dataset data = coarse();
  data.add(failed_row(cell_of(128, 256), "B"));
  const auto refined = fit_lut(data, options(LutOptions::Refine::always));
  EXPECT_EQ(refined->select(cell_of(128, 1024)), "A");
  EXPECT_EQ(refined->select(cell_of(128, 20'000)), "B");
}

TEST(RefinedTable, NamesOnlyStrategiesThatAreBestInAMeasuredCell) {
  Dataset data;  // half way C, best nowhere, looks three times faster than A and B
  for (const std::int64_t tokens : {1, 64}) {
    data.add(decision_row(cell_of(128, tokens), "A", tokens == 1 ? 10.0 : 100.0));
    data.add(decision_row(cell_of(128, tokens), "B", tokens == 1 ? 100.0 : 10.0));
    data.add(decision_row(cell_of(128, tokens), "C", 12.0));
  }
  const auto refined = fit_lut(data, options(LutOptions::Refine::always));
  for (const std::int64_t tokens : {1, 3, 8, 20, 64}) EXPECT_NE(refined->select(cell_of(128, tokens)), "C") << tokens;
}

TEST(RefinedTable, IsTakenByItselfOnlyWhereCellsLeftOutAreAnsweredBetter) {
  Dataset data;  // B crosses A at 45 tokens: without 64 tokens, a nearest cell is wrong and an interpolated one right
  for (const std::int64_t tokens : {1, 4, 16, 64, 256}) {
    data.add(decision_row(cell_of(128, tokens), "A", 10.0));
    data.add(decision_row(cell_of(128, tokens), "B", 450.0 / static_cast<double>(tokens)));
  }
  EXPECT_GT(fit_lut(data, options(LutOptions::Refine::automatic))->table()->grids.front().num_tokens.size(), 5U);
  Dataset same;
  for (const std::int64_t tokens : {1, 4, 16, 64, 256}) same.add(decision_row(cell_of(128, tokens), "A", 10.0));
  EXPECT_EQ(fit_lut(same, options(LutOptions::Refine::automatic))->table()->grids.front().num_tokens.size(), 5U);
}

}  // namespace arbiter::test
