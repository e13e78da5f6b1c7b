// SPDX-License-Identifier: Apache-2.0
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

/// A sweep whose line 5, from column 16, is `tokens`.
std::string with_tokens(const std::string& tokens) {
  return "problems:\n  tp_size: 2\n  fusion: NONE\n  hidden_size: 4096\n  num_tokens:  " + tokens + "\n";
}

TEST(Problems, ReadListsNumbersAndRanges) {
  const Config config = config_of(
      "problems:\n"
      "  tp_size: {from: 2, to: 8, factor: 2}\n"
      "  dtype: [bf16, half, fp32]\n"
      "  fusion: [NONE]\n"
      "  hidden_size: [8192, 2880]\n"
      "  num_tokens: {from: 1, to: 10, step: 4}\n");
  EXPECT_THAT(config.tp_sizes, ElementsAre(2, 4, 8));
  EXPECT_THAT(config.dtypes, ElementsAre(DType::bfloat16, DType::float16, DType::float32));
  EXPECT_THAT(config.hidden_sizes, ElementsAre(8192, 2880));
  EXPECT_THAT(config.num_tokens, ElementsAre(1, 5, 9));
  EXPECT_THAT(config_of(with_tokens("7")).num_tokens, ElementsAre(7));
}

TEST(Problems, ReadTheLargestNumbers) {
  EXPECT_THAT(config_of(with_tokens("16777216")).num_tokens, ElementsAre(16777216));
  EXPECT_THAT(config_of(with_tokens("{from: 16777215, to: 16777216, factor: 9223372036854775807}")).num_tokens,
              ElementsAre(16777215));
  // The next value, in 64 bits, is below zero.
  EXPECT_THAT(config_of(with_tokens("{from: 16777214, to: 16777216, factor: 9223372036854775807}")).num_tokens,
              ElementsAre(16777214));
}

TEST(Problems, AreBfloat16UnlessTheySayOtherwise) {
  EXPECT_THAT(config_of(with_tokens("1")).dtypes, ElementsAre(DType::bfloat16));
}

struct Mistake {
  const char* found;
  const char* message;  ///< after the position of the value and the key
};

class TokenMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(TokenMistake, NamesPositionKeyFoundAndAllowed) {
  EXPECT_EQ(config_mistakes(with_tokens(GetParam().found)), std::string("sweep.yaml:5:") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Values, TokenMistake,
    ::testing::Values(
        Mistake{"0", "16: problems.num_tokens: found 0; allowed: a whole number in 1..16777216"},
        Mistake{"-4", "16: problems.num_tokens: found -4; allowed: a whole number in 1..16777216"},
        Mistake{"16777217", "16: problems.num_tokens: found 16777217; allowed: a whole number in 1..16777216"},
        Mistake{"1e3", "16: problems.num_tokens: found 1e3; allowed: a whole number in 1..16777216; write 1000"},
        Mistake{"0x10",
                "16: problems.num_tokens: found 0x10; allowed: a whole number in 1..16777216; numbers are "
                "decimal: write 16"},
        Mistake{"[8, 010]",
                "20: problems.num_tokens: found 010; allowed: a whole number in 1..16777216; a leading "
                "zero may mean octal: write 10"},
        Mistake{"many", "16: problems.num_tokens: found many; allowed: a whole number in 1..16777216"},
        Mistake{"true", "16: problems.num_tokens: found true; allowed: a whole number in 1..16777216"},
        Mistake{"~", "16: problems.num_tokens: found nothing; allowed: a whole number in 1..16777216"},
        Mistake{"[]", "16: problems.num_tokens: found an empty list; allowed: at least one number"},
        Mistake{"[1, [2]]", "20: problems.num_tokens: found a list; allowed: a whole number in 1..16777216"},
        Mistake{"[1, ~]", "20: problems.num_tokens: found nothing; allowed: a whole number in 1..16777216"},
        Mistake{"[1, 2, 1]", "23: problems.num_tokens: 1 is given twice"},
        Mistake{"{}",
                "16: problems.num_tokens: the range has no from; allowed: {from, to, factor} or {from, to, "
                "step}\nsweep.yaml:5:16: problems.num_tokens: the range has no to; allowed: {from, to, factor} "
                "or {from, to, step}\nsweep.yaml:5:16: problems.num_tokens: the range has no factor; allowed: "
                "{from, to, factor} or {from, to, step}"},
        Mistake{"{from: 8, to: 2, factor: 2}",
                "30: problems.num_tokens.to: found 2; allowed: at least from, which is 8"},
        Mistake{"{from: 1, to: 8, factor: 1}",
                "41: problems.num_tokens.factor: found 1; allowed: a whole number in 2.."},
        Mistake{"{from: 1, to: 8, step: 0}", "39: problems.num_tokens.step: found 0; allowed: a whole number in 1.."},
        Mistake{"{from: 0, to: 8, factor: 2}",
                "23: problems.num_tokens.from: found 0; allowed: a whole number in 1..16777216"},
        Mistake{"{from: 1, to: 8, factor: 2, step: 3}",
                "44: problems.num_tokens: the range has a factor and a step; allowed: one of them"},
        Mistake{"{from: 1, to: 8, factr: 2}",
                "16: problems.num_tokens: the range has no factor; allowed: {from, to, factor} or {from, to, step}\n"
                "sweep.yaml:5:33: problems.num_tokens.factr: unknown key; did you mean factor? Allowed: from, to, "
                "factor, step"},
        Mistake{"{from: 1, to: 16777216, step: 1}", "16: problems.num_tokens: the range has more than 100000 values"}));

TEST(Problems, BoundTpSizeAndHiddenSize) {
  EXPECT_EQ(config_mistakes("problems: {tp_size: [1, 2, 1025], hidden_size: [0, 1048577], num_tokens: 1}\n"),
            "sweep.yaml:1:22: problems.tp_size: found 1; allowed: a whole number in 2..1024\n"
            "sweep.yaml:1:28: problems.tp_size: found 1025; allowed: a whole number in 2..1024\n"
            "sweep.yaml:1:49: problems.hidden_size: found 0; allowed: a whole number in 1..1048576\n"
            "sweep.yaml:1:52: problems.hidden_size: found 1048577; allowed: a whole number in 1..1048576");
}

TEST(Problems, NameTheDtypesThereAre) {
  const std::string sweep = "problems: {tp_size: 2, hidden_size: 8, num_tokens: 1, dtype: ";
  EXPECT_EQ(
      config_mistakes(sweep + "bfloat}"),
      "sweep.yaml:1:62: problems.dtype: found bfloat; did you mean bfloat16? Allowed: bfloat16, float16, float32");
  EXPECT_EQ(config_mistakes(sweep + "[float16, fp16]}"), "sweep.yaml:1:72: problems.dtype: float16 is given twice");
  EXPECT_EQ(
      config_mistakes(sweep + "[]}"),
      "sweep.yaml:1:62: problems.dtype: found an empty list; allowed: at least one of bfloat16, float16, float32");
  EXPECT_EQ(config_mistakes(sweep + "[{a: b}]}"),
            "sweep.yaml:1:63: problems.dtype: found a map; allowed: bfloat16, float16, float32");
}

TEST(Problems, MustBeThere) {
  EXPECT_EQ(config_mistakes("backend: host\n"),
            "sweep.yaml:1:1: problems: missing; allowed: a map with tp_size, hidden_size and num_tokens, the shapes to "
            "measure");
  EXPECT_EQ(config_mistakes("problems:\n  tp_size: 2\n  num_tokens: 1\n"),
            "sweep.yaml:2:3: problems.hidden_size: missing; allowed: whole numbers in 1..1048576, as in [2, 4] or "
            "{from: 2, to: 8, factor: 2}");
  EXPECT_EQ(config_mistakes("problems:\nbackend: host\n"),
            "sweep.yaml:1:1: problems: found nothing; allowed: a map with tp_size, dtype, fusion, hidden_size, "
            "num_tokens");
  EXPECT_EQ(config_mistakes("problems: [1]\n"),
            "sweep.yaml:1:11: problems: found a list; allowed: a map with tp_size, dtype, fusion, hidden_size, "
            "num_tokens");
}

TEST(Problems, NameTheNearestKey) {
  EXPECT_EQ(config_mistakes("problems:\n  tp_size: 2\n  hidden_size: 8\n  hidden_sizes: 8\n  num_tokens: 1\n"),
            "sweep.yaml:4:3: problems.hidden_sizes: unknown key; did you mean hidden_size? Allowed: tp_size, dtype, "
            "fusion, hidden_size, num_tokens, holdout");
}

TEST(Problems, AreNotTooMany) {
  EXPECT_EQ(config_mistakes("problems:\n"
                            "  tp_size: [2, 4]\n"
                            "  fusion: NONE\n"
                            "  hidden_size: {from: 1, to: 1000, step: 1}\n"
                            "  num_tokens: {from: 1, to: 1000, step: 1}\n"),
            "sweep.yaml:1:1: problems: found 2000000 problems (2 tp sizes x 1 dtypes x 1 fusions x 1000 hidden sizes x "
            "1000 token counts); allowed: at most 100000");
}

TEST(Problems, ReadRangesWhoseEndsAreEqualOrTheLastValue) {
  EXPECT_THAT(config_of(with_tokens("{from: 4, to: 4, factor: 2}")).num_tokens, ElementsAre(4));
  EXPECT_THAT(config_of(with_tokens("{from: 4, to: 4, step: 1}")).num_tokens, ElementsAre(4));
  EXPECT_THAT(config_of(with_tokens("{from: 4, to: 16, factor: 2}")).num_tokens, ElementsAre(4, 8, 16));
  EXPECT_THAT(config_of(with_tokens("{from: 4, to: 15, factor: 2}")).num_tokens, ElementsAre(4, 8));
  EXPECT_THAT(config_of(with_tokens("{from: 4, to: 10, step: 3}")).num_tokens, ElementsAre(4, 7, 10));
}

TEST(Problems, ReadTheSmallestAndLargestSizes) {
  const Config config = config_of("problems: {tp_size: [2, 1024], hidden_size: [1, 1048576], num_tokens: 1}\n");
  EXPECT_THAT(config.tp_sizes, ElementsAre(2, 1024));
  EXPECT_THAT(config.hidden_sizes, ElementsAre(1, 1048576));
}

TEST(Problems, MayBeAHundredThousandAndNotOneMore) {
  const auto sweep = [](const std::string& hidden_sizes, const std::string& tokens) {
    return "problems:\n  tp_size: 2\n  fusion: NONE\n  hidden_size: " + hidden_sizes + "\n  num_tokens: " + tokens +
           "\n";
  };
  EXPECT_EQ(config_mistakes(sweep("{from: 1, to: 1000, step: 1}", "{from: 1, to: 100, step: 1}")), "no mistake");
  EXPECT_EQ(config_mistakes(sweep("{from: 1, to: 11, step: 1}", "{from: 1, to: 9091, step: 1}")),
            "sweep.yaml:1:1: problems: found 100001 problems (1 tp sizes x 1 dtypes x 1 fusions x 11 hidden sizes x "
            "9091 token counts); allowed: at most 100000");
}

TEST(Problems, MayHaveARangeOfAHundredThousandValuesAndNotOneMore) {
  EXPECT_EQ(config_of(with_tokens("{from: 1, to: 100000, step: 1}")).num_tokens.size(), 100'000U);
  EXPECT_EQ(config_mistakes(with_tokens("{from: 1, to: 100001, step: 1}")),
            "sweep.yaml:5:16: problems.num_tokens: the range has more than 100000 values");
}

/// What a plugin whose parameter takes any whole numbers says to them.
std::string mistakes_of_any_numbers(const std::string& numbers) {
  std::vector<PluginEntry> entries = test::config_entries();
  entries.push_back(test::config_entry(PluginKind::sink, "any", {{"n", ParameterType::integer_list, "[]", "", ""}}));
  try {
    static_cast<void>(
        validate(load_document(with_tokens("1") + "sinks: {any: {n: " + numbers + "}}\n", "sweep.yaml", {}),
                 Catalogue(entries, test::config_host_only), false));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no mistake";
}

TEST(IntegerRange, CannotMultiplyItsWayUpFromZero) {
  EXPECT_EQ(mistakes_of_any_numbers("{from: 0, to: 8, factor: 2}"),
            "sweep.yaml:6:25: sinks.any.n.from: found 0; allowed with a factor: 1 or more");
  EXPECT_EQ(mistakes_of_any_numbers("{from: -4, to: 8, factor: 2}"),
            "sweep.yaml:6:25: sinks.any.n.from: found -4; allowed with a factor: 1 or more");
  EXPECT_EQ(mistakes_of_any_numbers("{from: 1, to: 8, factor: 2}"), "no mistake");
  EXPECT_EQ(mistakes_of_any_numbers("{from: -4, to: 8, step: 2}"), "no mistake");
}

TEST(IntegerList, MayHaveAHundredThousandValuesAndNotOneMore) {
  std::string numbers = "[1";
  for (int i = 1; i < 100'000; ++i) numbers += ",1";
  EXPECT_EQ(mistakes_of_any_numbers(numbers + "]"), "no mistake");
  EXPECT_EQ(mistakes_of_any_numbers(numbers + ",1]"),
            "sweep.yaml:6:18: sinks.any.n: the list has more than 100000 values");
}

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
