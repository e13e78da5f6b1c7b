#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/config_catalogue.hpp"

namespace arbiter {
namespace {

using test::config_mistakes;
using test::config_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A sweep of 2 hidden sizes x 2 token counts whose line 6, from column 3, is `holdout`.
std::string with_holdout(const std::string& holdout) {
  return "problems:\n  tp_size: 2\n  fusion: NONE\n  hidden_size: [1024, 4096]\n  num_tokens: [1, 16]\n  " + holdout +
         "\n";
}

TEST(Holdout, IsEveryCombinationWithinEachEntry) {
  const Config config = config_of(
      with_holdout("holdout: [{hidden_size: [2880, 7168], num_tokens: [3, 7]}, {hidden_size: 5120, num_tokens: 100}]"));
  EXPECT_THAT(config.holdout, ElementsAre(HoldoutShape{2880, 3}, HoldoutShape{2880, 7}, HoldoutShape{5120, 100},
                                          HoldoutShape{7168, 3}, HoldoutShape{7168, 7}));
  EXPECT_THAT(config.remarks, IsEmpty());
}

TEST(Holdout, IsEmptyUnlessItIsGiven) {
  EXPECT_THAT(config_of(with_holdout("")).holdout, IsEmpty());
  EXPECT_THAT(config_of(with_holdout("holdout: []")).holdout, IsEmpty());
}

TEST(Holdout, CanBeOneEntryWithoutAListAndWithRanges) {
  EXPECT_THAT(config_of(with_holdout("holdout: {hidden_size: 2880, num_tokens: {from: 3, to: 9, step: 3}}")).holdout,
              ElementsAre(HoldoutShape{2880, 3}, HoldoutShape{2880, 6}, HoldoutShape{2880, 9}));
}

TEST(Holdout, MeasuresAShapeOfTwoEntriesOnce) {
  const Config config = config_of(
      with_holdout("holdout: [{hidden_size: 2880, num_tokens: [3, 7]}, {hidden_size: 2880, num_tokens: [7, 9]}]"));
  EXPECT_THAT(config.holdout, ElementsAre(HoldoutShape{2880, 3}, HoldoutShape{2880, 7}, HoldoutShape{2880, 9}));
}

TEST(Holdout, LeavesOutCellsOfTheGridWithARemark) {
  const Config config = config_of(with_holdout("holdout: {hidden_size: [1024, 2880], num_tokens: [3, 16]}"));
  EXPECT_THAT(config.holdout, ElementsAre(HoldoutShape{1024, 3}, HoldoutShape{2880, 3}, HoldoutShape{2880, 16}));
  EXPECT_THAT(config.remarks, ElementsAre("problems.holdout: 1 of its shapes are cells of the grid, which are fitted: "
                                          "they are left out"));
}

TEST(Holdout, CanBeOverridden) {
  const std::string sweep = with_holdout("holdout: [{hidden_size: 2880, num_tokens: 3}]");
  EXPECT_THAT(config_of(sweep, {"problems.holdout.0.num_tokens=[5]"}).holdout, ElementsAre(HoldoutShape{2880, 5}));
  EXPECT_THAT(config_of(sweep, {"problems.holdout=[]"}).holdout, IsEmpty());
}

TEST(Holdout, NamesPositionKeyFoundAndAllowed) {
  EXPECT_EQ(config_mistakes(with_holdout("holdout: [{hidden_size: 0, num_tokens: [3]}]")),
            "sweep.yaml:6:27: problems.holdout.0.hidden_size: found 0; allowed: a whole number in 1..1048576");
  EXPECT_EQ(config_mistakes(with_holdout("holdout: [{hidden_size: 8}]")),
            "sweep.yaml:6:13: problems.holdout.0.num_tokens: missing; allowed: whole numbers in 1..16777216, as in "
            "[2, 4] or {from: 2, to: 8, factor: 2}");
  EXPECT_EQ(config_mistakes(with_holdout("holdout: [{hidden_size: 8, num_token: 3, num_tokens: 3}]")),
            "sweep.yaml:6:30: problems.holdout.0.num_token: unknown key; did you mean num_tokens? Allowed: "
            "hidden_size, num_tokens");
  EXPECT_EQ(config_mistakes(with_holdout("holdout: [2880]")),
            "sweep.yaml:6:13: problems.holdout.0: found 2880; allowed: a map with hidden_size and num_tokens, as in "
            "{hidden_size: 2880, num_tokens: [1, 3]}");
  EXPECT_THAT(config_mistakes(with_holdout("holdouts: []")), HasSubstr("did you mean holdout?"));
}

TEST(Holdout, CountsAsProblems) {
  EXPECT_THAT(config_mistakes(with_holdout("holdout: {hidden_size: {from: 1, to: 400, step: 1}, "
                                           "num_tokens: {from: 20, to: 219, step: 1}}"),
                              {"problems.tp_size=[2, 4]"}),
              HasSubstr("and 80000 shapes of the holdout"));
  EXPECT_THAT(config_mistakes(with_holdout("holdout: {hidden_size: {from: 1, to: 90000, step: 1}, "
                                           "num_tokens: {from: 20, to: 90000, step: 1}}")),
              HasSubstr("problems.holdout: found 8098290000 shapes; allowed: at most 100000"));
}

TEST(Holdout, MayHaveAHundredThousandShapesInAnEntryAndNotOneMore) {
  EXPECT_THAT(config_mistakes(with_holdout("holdout: {hidden_size: {from: 1, to: 400, step: 1}, "
                                           "num_tokens: {from: 20, to: 269, step: 1}}")),
              HasSubstr("problems: found 100004 problems"));
  EXPECT_EQ(config_mistakes(with_holdout("holdout: {hidden_size: {from: 1, to: 11, step: 1}, "
                                         "num_tokens: {from: 20, to: 9110, step: 1}}")),
            "sweep.yaml:6:12: problems.holdout: found 100001 shapes; allowed: at most 100000");
}

}  // namespace
}  // namespace arbiter
