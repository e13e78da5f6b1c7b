#include "lp/token_cutoffs.hpp"

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

TEST(TokenCutoffs, AreTheLastMeasuredTokensOfEachStrategyAndHiddenSize) {
  Dataset data;
  for (const std::int64_t hidden : {128, 256, 512}) {
    for (const std::int64_t tokens : {1, 8, 64}) {
      const bool large = hidden == 512 && tokens >= 8;
      data.add(decision_row(cell_of(hidden, tokens), "A", large ? 2.0 : 1.0));
      data.add(decision_row(cell_of(hidden, tokens), "B", large ? 1.0 : 2.0));
    }
  }
  const RegionLabels cutoffs = token_cutoffs(cell_blocks(data, "lp").front(), {"A", "B"});
  EXPECT_EQ(token_cutoffs_text(cutoffs.grid), "128 .. 256: A; 512: A to 1, B");
  EXPECT_EQ(cutoffs.excess.worst(), 0.0);
}

TEST(TokenCutoffs, StateWhatTheyCostWhereTheBestIsNoThreshold) {
  Dataset data;
  for (const std::int64_t tokens : {1, 8, 64}) {
    data.add(decision_row(cell_of(128, tokens), "A", tokens == 8 ? 1.2 : 1.0));
    data.add(decision_row(cell_of(128, tokens), "B", tokens == 8 ? 1.0 : 1.5));
  }
  const RegionLabels cutoffs = token_cutoffs(cell_blocks(data, "lp").front(), {"A", "B"});
  EXPECT_EQ(token_cutoffs_text(cutoffs.grid), "128: A");
  EXPECT_NEAR(cutoffs.excess.worst(), 0.2, 1e-12);
}

TEST(TokenCutoffs, PassOverWhatHasNoAnswer) {
  constexpr std::uint16_t none = DecisionGrid::no_answer;
  const DecisionGrid grid{2,
                          DType::bfloat16,
                          "NONE",
                          {128, 256, 512, 1024},
                          {1, 8, 64},
                          {"A", "B"},
                          {0, none, 1, none, none, none, none, 1, none, none, 1, 1}};
  EXPECT_EQ(token_cutoffs_text(grid), "128: A to 1, B; 512 .. 1024: B");
}

}  // namespace arbiter::test
