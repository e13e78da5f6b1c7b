// SPDX-License-Identifier: Apache-2.0
#include "lp/engine_thresholds.hpp"

#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

std::optional<EngineThresholds> thresholds_of(const Dataset& data) {
  const std::vector<CellBlock> blocks = cell_blocks(data, "lp");
  std::vector<const CellBlock*> pointers;
  pointers.reserve(blocks.size());
  for (const CellBlock& block : blocks) pointers.push_back(&block);
  return engine_thresholds(pointers);
}

/// The rule as engines apply it.
std::string rule(std::int64_t tokens, std::int64_t numel, std::int64_t nccl_tokens, std::int64_t two_shot_numel) {
  if (tokens >= nccl_tokens) return "NCCL";
  return numel >= two_shot_numel ? "TWOSHOT" : "ONESHOT";
}

double mean_excess(const Dataset& data, std::int64_t nccl_tokens, std::int64_t two_shot_numel) {
  double sum = 0.0;
  const auto cells = data.cells();
  for (const auto& [problem, cell] : cells) {
    const std::string strategy = rule(problem.num_tokens, problem.elements(), nccl_tokens, two_shot_numel);
    sum += row_of(cell, strategy)->time_us / best_of(cell)->time_us - 1.0;
  }
  return sum / static_cast<double>(cells.size());
}

}  // namespace

TEST(EngineThresholds, AreTheBestPairOnRandomTimes) {
  constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();
  std::mt19937 random(9);
  for (int round = 0; round < 10; ++round) {
    Dataset data;
    std::vector<std::int64_t> numels = {unbounded};
    std::vector<std::int64_t> tokens_list = {unbounded};
    for (const std::int64_t hidden : {128, 256, 768}) {
      for (const std::int64_t tokens : {1, 2, 3, 8, 64}) {
        numels.push_back(hidden * tokens);
        tokens_list.push_back(tokens);
        for (const char* fusion : {"NONE", "RESIDUAL_RMS_NORM"}) {
          for (const char* name : {"NCCL", "ONESHOT", "TWOSHOT", "OTHER"}) {
            const double time = 1.0 + static_cast<double>(random() % 1000);
            data.add(decision_row({2, DType::bfloat16, fusion, hidden, tokens}, name, time));
          }
        }
      }
    }
    double least = std::numeric_limits<double>::infinity();
    for (const std::int64_t nccl : tokens_list) {
      for (const std::int64_t two_shot : numels) least = std::min(least, mean_excess(data, nccl, two_shot));
    }
    const auto found = thresholds_of(data);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->excess.mean(), least, 1e-9);
    const auto bound = [](std::int64_t value) { return value == EngineThresholds::never ? unbounded : value; };
    EXPECT_NEAR(mean_excess(data, bound(found->nccl_num_tokens), bound(found->two_shot_numel)), least, 1e-9);
  }
}

TEST(EngineThresholds, NeedAllThreeStrategies) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "NCCL", 1.0));
  data.add(decision_row(cell_of(128, 1), "ONESHOT", 1.0));
  EXPECT_FALSE(thresholds_of(data));
}

TEST(EngineThresholds, SayNeverForARegionThatIsEmpty) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2}) {
    data.add(decision_row(cell_of(128, tokens), "ONESHOT", 1.0));
    data.add(decision_row(cell_of(128, tokens), "TWOSHOT", 2.0));
    data.add(decision_row(cell_of(128, tokens), "NCCL", 3.0));
  }
  EXPECT_EQ(thresholds_of(data)->text(), "NCCL_num_token_threshold never, TWO_SHOT_numel_threshold never");
}

TEST(EngineThresholds, CountCellsWithoutATimeForTheRulesChoiceApart) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "NCCL", 1.0));
  data.add(decision_row(cell_of(128, 2), "ONESHOT", 1.0));
  data.add(decision_row(cell_of(128, 4), "TWOSHOT", 1.0));
  const auto found = thresholds_of(data);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->excess.cells(), 2U);
  EXPECT_EQ(found->excess.unmeasured(), 1U);
  EXPECT_EQ(found->excess.mean(), 0.0);
}

TEST(EngineThresholds, AreTheFirstTokensOfNcclAndTheFirstElementsOfTwoShots) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2, 4, 8, 16, 32}) {
    data.add(decision_row(cell_of(128, tokens), "ONESHOT", tokens < 4 ? 1.0 : 2.0));
    data.add(decision_row(cell_of(128, tokens), "TWOSHOT", tokens >= 4 && tokens < 16 ? 1.0 : 2.0));
    data.add(decision_row(cell_of(128, tokens), "NCCL", tokens >= 16 ? 1.0 : 2.0));
  }
  const auto found = thresholds_of(data);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text(), "NCCL_num_token_threshold 16, TWO_SHOT_numel_threshold 512");
  EXPECT_EQ(found->tp_size, 2);
  EXPECT_EQ(found->excess.worst(), 0.0);
}

TEST(EngineThresholds, UseNoNcclWhereItOnlyTies) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2}) {
    data.add(decision_row(cell_of(128, tokens), "ONESHOT", 1.0));
    data.add(decision_row(cell_of(128, tokens), "TWOSHOT", 2.0));
    data.add(decision_row(cell_of(128, tokens), "NCCL", 1.0));
  }
  EXPECT_EQ(thresholds_of(data)->text(), "NCCL_num_token_threshold never, TWO_SHOT_numel_threshold never");
}

TEST(EngineThresholds, NeedEachStrategyInOneBlockOnly) {
  Dataset data;
  data.add(decision_row({2, DType::bfloat16, "NONE", 128, 1}, "NCCL", 1.0));
  data.add(decision_row({2, DType::bfloat16, "NONE", 128, 2}, "ONESHOT", 1.0));
  data.add(decision_row({2, DType::bfloat16, "X", 128, 4}, "TWOSHOT", 1.0));
  EXPECT_TRUE(thresholds_of(data));
}

}  // namespace arbiter::test
