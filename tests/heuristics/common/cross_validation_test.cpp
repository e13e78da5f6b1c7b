// SPDX-License-Identifier: Apache-2.0
#include "common/cross_validation.hpp"

#include <utility>

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

TEST(HeldOut, AddsUpFoldsByTheCellsThatHaveATime) {
  // Of 1, 2, 4, 8 and 16 tokens 2 and 8 are held out together and 4 alone.
  Dataset data;
  for (const auto& [tokens, b] : {std::pair{1, 1.0}, {2, 1.1}, {4, 1.4}, {8, 1.3}, {16, 1.0}}) {
    data.add(decision_row(cell_of(128, tokens), "A", 1.0));
    data.add(tokens == 8 ? failed_row(cell_of(128, tokens), "B") : decision_row(cell_of(128, tokens), "B", b));
  }
  const auto always_b = [](const Dataset& fitted) {
    DecisionGrid grid{2, DType::bfloat16, "NONE", {128}, fitted.num_tokens(), {"B"}, {}};
    grid.cells.assign(grid.num_tokens.size(), 0);
    return DecisionTable{LookUp::nearest, {std::move(grid)}, {}, "A"};
  };
  const HeldOutRegret regret = CrossValidation(data, always_b).regret();
  EXPECT_EQ(regret.cells, 3);
  EXPECT_EQ(regret.unmeasured, 1);
  EXPECT_NEAR(regret.mean, (0.1 + 0.4) / 2, 1e-12);
  EXPECT_NEAR(regret.worst, 0.4, 1e-12);
  EXPECT_EQ(to_string(regret), "mean 25.00 %, worst 40.00 %, 1 of 3 not measured");
}

TEST(HeldOut, SaysWhatItKnows) {
  EXPECT_EQ(to_string(HeldOutRegret{4, 4, 0.0, 0.0}), "no choice has a time");
  EXPECT_EQ(to_string(HeldOutRegret{4, 0, 0.0125, 0.5}), "mean 1.25 %, worst 50.00 %");
  EXPECT_EQ(to_string(HeldOutRegret{4, 1, 0.0125, 0.5}), "mean 1.25 %, worst 50.00 %, 1 of 4 not measured");
}

TEST(HeldOut, IsBetterWithFewerUnmeasuredChoicesOrALowerMean) {
  const HeldOutRegret one{10, 1, 0.5, 0.5};
  const HeldOutRegret two{10, 2, 0.1, 0.1};
  EXPECT_TRUE(one.clearly_better_than(two));
  EXPECT_FALSE(two.clearly_better_than(one));
  const HeldOutRegret lower{10, 1, 0.4, 0.9};
  EXPECT_TRUE(lower.clearly_better_than(one));
  EXPECT_FALSE(one.clearly_better_than(lower));
  EXPECT_FALSE(one.clearly_better_than(one));
  const HeldOutRegret rounded{10, 1, 0.5 * (1.0 - 1e-12), 0.5};
  EXPECT_FALSE(rounded.clearly_better_than(one));
}

TEST(LookUpChoice, SaysTheRegretOfBothRules) {
  const CrossValidation held_out(grid({1024}, {1, 2, 4, 8}), plain_table);
  EXPECT_EQ(choose_look_up(held_out).text,
            "nearest (regret on held-out cells, every other hidden size or token count: nearest mean 50.00 %, worst "
            "100.00 %; message_size mean 50.00 %, worst 100.00 %)");
}

TEST(Folds, OfManyRowsAreOfSomeFusionsWhole) {
  Dataset data;
  for (const char* fusion : {"F0", "F1", "F2", "F3"}) {
    for (std::int64_t hidden = 1; hidden <= 25; ++hidden) {
      for (std::int64_t tokens = 1; tokens <= 400; ++tokens) {
        for (const char* strategy : {"A", "B"}) {
          data.add(decision_row({2, DType::bfloat16, fusion, hidden, tokens}, strategy, 1.0));
        }
      }
    }
  }
  const std::vector<Fold> folds = folds_of(data);
  ASSERT_EQ(folds.size(), 4U);
  for (const Fold& fold : folds) {
    EXPECT_THAT(fold.fitted.fusions(), ElementsAre("F0", "F2"));
    EXPECT_EQ(fold.fitted.rows().size() + fold.held_out.rows().size(), data.rows().size() / 2);
  }
}

}  // namespace arbiter::test
