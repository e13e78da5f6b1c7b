// SPDX-License-Identifier: Apache-2.0
#include "common/table_text.hpp"

#include <gmock/gmock.h>

namespace arbiter::test {

TEST(TableText, HasTheFormEnginesHold) {
  const TableAxes axes{{2, 4}, {"NONE", "RESIDUAL_RMS_NORM"}, {128, 256}, {1, 2, 4}};
  int next = 0;
  const std::string text =
      table_text(axes, "AllReduceBestStrategyTableSM89", DType::bfloat16, [&](const Problem&) { return next++; });
  EXPECT_EQ(text, R"(// AllReduce lookup: [tp][fusion][hidden][tokens] = strategy
// TP:[2, 4] Fusion:['NONE', 'RESIDUAL_RMS_NORM']
inline AllReduceBestStrategyTableType AllReduceBestStrategyTableSM89 = {
    {
        // TP=2
        { // Fusion=NONE
            {0,1,2}, // hidden_size=128
            {3,4,5} // hidden_size=256
        },
        { // Fusion=RESIDUAL_RMS_NORM
            {6,7,8}, // hidden_size=128
            {9,10,11} // hidden_size=256
        }
    },
    {
        // TP=4
        { // Fusion=NONE
            {12,13,14}, // hidden_size=128
            {15,16,17} // hidden_size=256
        },
        { // Fusion=RESIDUAL_RMS_NORM
            {18,19,20}, // hidden_size=128
            {21,22,23} // hidden_size=256
        }
    }
};
// Tokens:[1, 2, 4]
)");
}

TEST(TableText, AsksForEveryPointWithItsDtype) {
  const TableAxes axes{{8}, {"X"}, {512}, {16}};
  static_cast<void>(table_text(axes, "T", DType::float16, [](const Problem& problem) {
    EXPECT_EQ(problem, (Problem{8, DType::float16, "X", 512, 16}));
    return 0;
  }));
}

TEST(TableText, NamesThePointsThatWereNotMeasured) {
  const TableAxes axes{{2, 8}, {"NONE", "OTHER"}, {128, 256, 512}, {1, 2, 4, 8, 16}};
  const auto lines = unmeasured_lines(axes, DType::bfloat16, [](const Problem& problem) {
    if (problem.tp_size == 8 || problem.fusion == "OTHER" || problem.hidden_size == 256) return false;
    return problem.hidden_size == 128 ? problem.num_tokens != 2 : problem.num_tokens == 2 || problem.num_tokens == 4;
  });
  EXPECT_THAT(lines, ::testing::ElementsAre("Not measured: tp 2, NONE, hidden 128: tokens 2",
                                            "Not measured: tp 2, NONE, hidden 256",
                                            "Not measured: tp 2, NONE, hidden 512: tokens 1, 8..16",
                                            "Not measured: tp 2, OTHER", "Not measured: tp 8"));
  EXPECT_TRUE(unmeasured_lines(axes, DType::bfloat16, [](const Problem&) { return true; }).empty());
}

TEST(TableAxes, OfTheSeedAreTheEngines) {
  const TableAxes axes = seed_axes();
  EXPECT_EQ(axes.tp_sizes, (std::vector<std::int64_t>{2, 4, 8}));
  EXPECT_EQ(axes.fusions.size(), 4U);
  EXPECT_EQ(axes.hidden_sizes, (std::vector<std::int64_t>{128, 256, 512, 1024, 2048, 4096, 8192}));
  EXPECT_EQ(axes.num_tokens.size(), 15U);
  EXPECT_EQ(axes.num_tokens.back(), 16384);
}

}  // namespace arbiter::test
