// SPDX-License-Identifier: Apache-2.0
#include "config/thresholds_file.hpp"

#include <limits>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

constexpr const char* sample =
    "# from an engine\n"
    "2: {NCCL_num_token_threshold: 4096, TWO_SHOT_numel_threshold: 1000}\n"
    "8: {NCCL_num_token_threshold: never, TWO_SHOT_numel_threshold: 0}\n"
    "4: {NCCL_num_token_threshold: 64, TWO_SHOT_numel_threshold: never}\n";

std::string chosen(int tp_size, std::int64_t tokens, std::int64_t hidden, const std::string& text = sample) {
  return read_thresholds("t.yaml", text, "engine")->select({tp_size, DType::float16, "NONE", hidden, tokens});
}

std::string mistake(const std::string& text) {
  try {
    static_cast<void>(read_thresholds("t.yaml", text, "engine"));
  } catch (const DataError& error) {
    return error.what();
  }
  return "no mistake";
}

}  // namespace

TEST(ThresholdsFile, TakesTokensThenElementsBothInclusive) {
  EXPECT_EQ(chosen(2, 4096, 1), "NCCL");
  EXPECT_EQ(chosen(2, 4095, 1), "TWOSHOT");
  EXPECT_EQ(chosen(2, 10, 100), "TWOSHOT");
  EXPECT_EQ(chosen(2, 9, 111), "ONESHOT");
  EXPECT_EQ(chosen(2, 3, 334), "TWOSHOT");  // 1002
  EXPECT_EQ(chosen(2, 3, 333), "ONESHOT");
  EXPECT_EQ(chosen(8, 1 << 30, 0), "TWOSHOT");
  EXPECT_EQ(chosen(4, 63, 1 << 30), "ONESHOT");
  EXPECT_EQ(chosen(4, 64, 1), "NCCL");
}

TEST(ThresholdsFile, HasAnAnswerForEveryShape) {
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(chosen(16, 1, 1), "NCCL");
  EXPECT_EQ(chosen(2, 4095, largest), "TWOSHOT");
  EXPECT_EQ(chosen(2, 0, largest), "ONESHOT");
  EXPECT_EQ(chosen(4, 63, largest), "ONESHOT");
  EXPECT_EQ(chosen(2, -5, -5), "ONESHOT");
}

TEST(ThresholdsFile, IsJsonToo) {
  const std::string json = R"({"2": {"NCCL_num_token_threshold": 16, "TWO_SHOT_numel_threshold": 100}})";
  EXPECT_EQ(chosen(2, 15, 7, json), "TWOSHOT");
  const auto selector = read_thresholds("t.json", json, "engine");
  EXPECT_EQ(selector->name(), "engine");
  EXPECT_EQ(selector->report(), "read from t.json");
  EXPECT_EQ(selector->table(), nullptr);
}

TEST(ThresholdsFile, NamesTheLineAndTheKeyOfAMistake) {
  EXPECT_EQ(mistake("2:\n  NCCL_num_token_threshold: 64\n  TWO_SHOT_numel_threshold: 4k\n"),
            "t.yaml:3: TWO_SHOT_numel_threshold: found 4k, allowed: a whole number of at least 0");
  EXPECT_EQ(mistake("2:\n  NCCL_num_token_threshold: -1\n  TWO_SHOT_numel_threshold: 4\n"),
            "t.yaml:2: NCCL_num_token_threshold: found -1, allowed: a whole number of at least 0");
  EXPECT_EQ(mistake("2: {NCCL_num_token_threshold: 64}\n"),
            "t.yaml:1: found no TWO_SHOT_numel_threshold, allowed: both it and its pair");
  EXPECT_EQ(mistake("2: {NCCL_num_tokens: 64, TWO_SHOT_numel_threshold: 1}\n"),
            "t.yaml:1: found NCCL_num_tokens, allowed: NCCL_num_token_threshold, TWO_SHOT_numel_threshold");
  EXPECT_EQ(mistake("two: {NCCL_num_token_threshold: 64, TWO_SHOT_numel_threshold: 1}\n"),
            "t.yaml:1: tp size: found two, allowed: a whole number of at least 1");
  EXPECT_THAT(mistake("\n2: 64\n"), HasSubstr("t.yaml:2: tp size 2: allowed: a tp size and a map"));
  EXPECT_THAT(mistake("- 64\n"), HasSubstr("found no map"));
  EXPECT_THAT(mistake("2: {NCCL_num_token_threshold: 1, TWO_SHOT_numel_threshold: 1}\n"
                      "02: {NCCL_num_token_threshold: 1, TWO_SHOT_numel_threshold: 1}\n"),
              HasSubstr("t.yaml:2: found tp size 2 twice"));
  EXPECT_THAT(mistake("2: {NCCL_num_token_threshold: [\n"), HasSubstr("allowed: YAML; found: "));
}

}  // namespace arbiter::test
