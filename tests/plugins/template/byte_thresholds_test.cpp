// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "arbiter/heuristic.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// bfloat16 with 128 columns: 256 bytes a token.
Problem tokens(std::int64_t num_tokens, int tp_size = 2) { return {tp_size, DType::bfloat16, "NONE", 128, num_tokens}; }

Dataset measured(const std::vector<std::string>& strategies, int tp_size = 2) {
  Dataset data;
  for (const std::int64_t num_tokens : {1, 4, 64}) {
    double time_us = 1.0;
    for (const auto& name : strategies) data.add(decision_row(tokens(num_tokens, tp_size), name, time_us++));
  }
  return data;
}

std::shared_ptr<Heuristic> thresholds(const std::string& strategies, const std::string& bytes) {
  return load_plugin<Heuristic>(BYTE_THRESHOLDS_PLUGIN, {{"strategies", strategies}, {"bytes", bytes}});
}

std::string error_of(const std::string& strategies, const std::string& bytes) {
  try {
    static_cast<void>(thresholds(strategies, bytes));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ByteThresholds, BelongToTheStrategyBeforeThem) {
  const auto selector = thresholds("[A, B, C]", "[256, 1024]")->fit(measured({"A", "B", "C"}));
  EXPECT_EQ(selector->name(), "byte_thresholds");
  EXPECT_EQ(selector->select(tokens(1)), "A");
  EXPECT_EQ(selector->select(tokens(2)), "B");
  EXPECT_EQ(selector->select(tokens(4)), "B");
  EXPECT_EQ(selector->select(tokens(5)), "C");
  EXPECT_EQ(selector->select(tokens(1'000'000)), "C");
  EXPECT_THAT(selector->report(),
              AllOf(HasSubstr("A to 256 bytes, B to 1024 bytes, C above"),
                    HasSubstr("regret: mean 100.00 %, p95 200.00 %"), Not(HasSubstr("another one"))));
}

TEST(ByteThresholds, NeverNameAStrategyWithoutAUsableRowAtThatTpSize) {
  Dataset data = measured({"B", "C"});
  data.append(measured({"A", "B"}, 4));
  const auto selector = thresholds("[A, B, C]", "[256, 1024]")->fit(data);
  EXPECT_EQ(selector->select(tokens(1)), "B");
  EXPECT_EQ(selector->select(tokens(1, 4)), "A");
  EXPECT_EQ(selector->select(tokens(777)), "C");
  EXPECT_EQ(selector->select(tokens(777, 4)), "B");
  EXPECT_EQ(selector->select(tokens(1, 8)), "A") << "a tp size nobody measured gets what some tp size has";
}

TEST(ByteThresholds, NeverNameAStrategyThatFailedAtThatProblem) {
  Dataset data = measured({"A", "B"});
  data.add(failed_row(tokens(2), "A"));
  data.add(decision_row(tokens(2), "B", 1.0));
  data.add(failed_row(tokens(3), "A"));
  data.add(decision_row(tokens(3), "OTHER", 1.0));
  const auto selector = thresholds("[A, B]", "[1048576]")->fit(data);
  EXPECT_EQ(selector->select(tokens(1)), "A");
  EXPECT_EQ(selector->select(tokens(2)), "B");
  EXPECT_EQ(selector->select(tokens(3)), "OTHER") << "nothing of the list has a time there";
  EXPECT_THAT(selector->report(), HasSubstr("another one at 2 problems"));
}

TEST(ByteThresholds, AreATableThatAnswersEveryProblemAsTheSelectorDoes) {
  Dataset data = measured({"A", "B"});
  data.append(measured({"B"}, 4));
  data.add(failed_row({2, DType::bfloat16, "OTHER", 128, 2}, "A"));
  data.add(decision_row({2, DType::bfloat16, "OTHER", 128, 2}, "B", 1.0));
  data.add(decision_row({2, DType::bfloat16, "OTHER", 128, 1}, "A", 1.0));
  const auto selector = thresholds("[A, B]", "[1024]")->fit(data);
  ASSERT_NE(selector->table(), nullptr);
  EXPECT_EQ(fault_of(*selector->table()), "");
  EXPECT_EQ(selector->table()->steps.size(), 2U) << "a part without exceptions";
  EXPECT_EQ(selector->table()->grids.size(), 1U) << "a part with one";
  for (const int tp_size : {2, 4, 8}) {
    for (const char* fusion : {"NONE", "OTHER"}) {
      for (const std::int64_t num_tokens : {1, 2, 4, 5, 64, 4096}) {
        const Problem problem = {tp_size, DType::bfloat16, fusion, 128, num_tokens};
        EXPECT_EQ(selector->table()->select(problem), selector->select(problem)) << to_string(problem);
      }
    }
  }
}

TEST(ByteThresholds, SayThatTheDataAllowNoDecision) {
  Dataset data = measured({"A"});
  data.append(measured({"OTHER", "AUTO"}, 4));
  try {
    static_cast<void>(thresholds("[A, B]", "[256]")->fit(data));
    ADD_FAILURE() << "decided";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("tp 4"), HasSubstr("A to 256 bytes, B above")));
  }
}

TEST(ByteThresholds, NeverNameAStrategyThatTheDataDoNotHave) {
  const auto selector = thresholds("[A, B, C]", "[256, 1024]")->fit(measured({"B"}));
  EXPECT_EQ(selector->select(tokens(1, 8)), "B");
  EXPECT_EQ(selector->select(tokens(777, 8)), "B");
  EXPECT_THROW(static_cast<void>(thresholds("[A]", "[]")->fit(Dataset{})), DataError);
}

TEST(ByteThresholds, AreCheckedAgainstOneAnother) {
  EXPECT_THAT(error_of("[A, B]", "[1, 2]"), HasSubstr("found 2 for 2 strategies; allowed: one fewer"));
  EXPECT_THAT(error_of("[]", "[]"), HasSubstr("found 0 for 0 strategies"));
  EXPECT_THAT(error_of("[A, B, C]", "[8, 8]"), HasSubstr("allowed: rising values"));
  EXPECT_THAT(error_of("[A, AUTO]", "[8]"), HasSubstr("found AUTO"));
  EXPECT_EQ(error_of("[A]", "[]"), "no error");
}

}  // namespace

}  // namespace arbiter::test
