// SPDX-License-Identifier: Apache-2.0
#include "common/cross_validation.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Dataset grid(const std::vector<std::int64_t>& hidden_sizes, const std::vector<std::int64_t>& num_tokens) {
  Dataset data;
  for (const std::int64_t hidden : hidden_sizes) {
    for (const std::int64_t tokens : num_tokens) {
      // A is faster for messages below 4096 elements, for all hidden sizes
      const bool small = hidden * tokens < 4096;
      data.add(decision_row(cell_of(hidden, tokens), "A", small ? 1.0 : 2.0));
      data.add(decision_row(cell_of(hidden, tokens), "B", small ? 2.0 : 1.0));
    }
  }
  return data;
}

/// One answer per measured cell: its fastest strategy.
DecisionTable plain_table(const Dataset& data) {
  DecisionGrid table{2, DType::bfloat16, "NONE", data.hidden_sizes(), data.num_tokens(), {"A", "B"}, {}};
  for (const std::int64_t hidden : table.hidden_sizes) {
    for (const std::int64_t tokens : table.num_tokens) {
      table.cells.push_back(best_of(data.cells().at(cell_of(hidden, tokens)))->strategy == "A" ? 0 : 1);
    }
  }
  return {LookUp::nearest, {std::move(table)}, {}, "A"};
}

}  // namespace

TEST(Folds, LeaveOutEveryOtherLineButNeverTheEnds) {
  const std::vector<Fold> folds = folds_of(grid({128, 256, 512, 1024, 2048}, {1, 2, 4}));
  ASSERT_EQ(folds.size(), 3U);
  EXPECT_THAT(folds[0].held_out.hidden_sizes(), ElementsAre(256, 1024));
  EXPECT_THAT(folds[0].fitted.hidden_sizes(), ElementsAre(128, 512, 2048));
  EXPECT_THAT(folds[1].held_out.hidden_sizes(), ElementsAre(512));
  EXPECT_THAT(folds[2].held_out.num_tokens(), ElementsAre(2));
  EXPECT_THAT(folds_of(grid({128, 256}, {1})), IsEmpty());
}

TEST(HeldOut, JudgesTablesByCellsTheyDidNotSee) {
  const Dataset data = grid({1024}, {1, 2, 4, 8});
  const CrossValidation held_out(data, plain_table);
  // Held out are 2 tokens, answered like 1, and 4 tokens, answered like 2, which is wrong.
  const HeldOutRegret regret = held_out.regret();
  EXPECT_EQ(regret.cells, 2);
  EXPECT_EQ(regret.unmeasured, 0);
  EXPECT_EQ(regret.mean, 0.5);
  EXPECT_EQ(regret.worst, 1.0);
  EXPECT_EQ(held_out.regret(LookUp::exact).mean, regret.mean);  // A everywhere
}

TEST(HeldOut, PassesOverFoldsThatCannotBeFitted) {
  const CrossValidation held_out(grid({128, 256, 512}, {1}),
                                 [](const Dataset&) -> DecisionTable { throw DataError("none"); });
  EXPECT_FALSE(held_out.possible());
}

TEST(LookUpChoice, TakesMessageSizeWhereTheBorderIsOne) {
  const std::vector<std::int64_t> tokens = {1, 2, 4, 8, 16, 32, 64};
  const CrossValidation held_out(grid({128, 512, 2048, 8192}, tokens), plain_table);
  const LookUpChoice choice = choose_look_up(held_out);
  EXPECT_EQ(choice.look_up, LookUp::message_size);
  EXPECT_LT(choice.regret.mean, held_out.regret(LookUp::nearest).mean);
  EXPECT_THAT(choice.text, HasSubstr("message_size (regret on held-out cells"));
}

TEST(LookUpChoice, TakesNearestWhereNothingTellsThemApart) {
  EXPECT_EQ(choose_look_up(CrossValidation(grid({128}, {1, 2, 4, 8}), plain_table)).look_up, LookUp::nearest);
  const LookUpChoice choice = choose_look_up(CrossValidation(grid({128, 256}, {1, 2}), plain_table));
  EXPECT_EQ(choice.look_up, LookUp::nearest);
  EXPECT_THAT(choice.text, HasSubstr("no cell can be held out"));
}

TEST(LookUpChoice, ReadsTheNamesOfRules) {
  EXPECT_EQ(parse_look_up("floor_log2"), LookUp::floor_log2);
  EXPECT_EQ(parse_look_up("exact"), LookUp::exact);
  EXPECT_EQ(parse_look_up("auto"), std::nullopt);
}

}  // namespace arbiter::test
