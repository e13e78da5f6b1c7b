// SPDX-License-Identifier: Apache-2.0
#include "model/reference_selectors.hpp"

#include <gmock/gmock.h>

#include "arbiter/regret.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// One row per strategy: NCCL 10, ONESHOT 1 us per `slope` tokens.
Dataset crossing(int tp_size, const std::string& fusion, double slope) {
  Dataset data(Machine{"sm90", {}});
  for (const auto tokens : powers_of_two(1, 64)) {
    const Problem problem{tp_size, DType::bfloat16, fusion, 128, tokens};
    data.add(decision_row(problem, "NCCL", 10.0));
    data.add(decision_row(problem, "ONESHOT", static_cast<double>(tokens) / slope));
  }
  return data;
}

std::vector<std::string> names(const std::vector<std::shared_ptr<const Selector>>& selectors) {
  std::vector<std::string> result;
  result.reserve(selectors.size());
  for (const auto& selector : selectors) result.push_back(selector->name());
  return result;
}

}  // namespace

TEST(ReferenceSelectors, AreThoseTheDataHaveTimesFor) {
  EXPECT_THAT(names(reference_selectors(crossing(2, "NONE", 1.0))),
              ElementsAre("always NCCL", "best constant strategy", "best byte threshold"));
  Dataset host(Machine{"cpu", {}});
  host.add(decision_row(cell_of(128, 1), "MPI", 1.0));
  host.add(failed_row(cell_of(128, 1), "ONESHOT"));
  EXPECT_THAT(names(reference_selectors(host)),
              ElementsAre("always MPI", "best constant strategy", "best byte threshold"));
  EXPECT_TRUE(reference_selectors(Dataset{}).empty());
}

TEST(BestConstant, IsTheStrategyOfLeastTotalRegretOfEachTpSize) {
  Dataset data;
  for (const auto& [tp_size, oneshot, twoshot] : {std::tuple{2, 12.0, 10.0}, std::tuple{4, 10.0, 30.0}}) {
    for (const std::int64_t tokens : {1, 2}) {
      const Problem problem{tp_size, DType::bfloat16, "NONE", 128, tokens};
      data.add(decision_row(problem, "ONESHOT", tokens == 1 ? 10.0 : oneshot));
      data.add(decision_row(problem, "TWOSHOT", tokens == 1 ? 11.0 : twoshot));
    }
    data.add(decision_row({tp_size, DType::bfloat16, "NONE", 128, 1}, "PARTLY", 9.99));
  }
  const auto selector = best_constant(data);
  EXPECT_EQ(selector->select({2, DType::bfloat16, "NONE", 128, 1}), "TWOSHOT");
  EXPECT_EQ(selector->select({4, DType::bfloat16, "NONE", 4096, 1000}), "ONESHOT");
  EXPECT_THAT(selector->report(), HasSubstr("tp 2: TWOSHOT for all sizes"));
}

TEST(BestByteThreshold, CutsWhereOneStrategyOvertakesTheOther) {
  const auto data = crossing(2, "NONE", 1.0);
  const auto selector = best_byte_threshold(data);
  EXPECT_EQ(selector->select(cell_of(128, 8)), "ONESHOT");
  EXPECT_EQ(selector->select(cell_of(128, 9)), "NCCL");
  EXPECT_EQ(selector->select({2, DType::float32, "NONE", 128, 4}), "ONESHOT");
  EXPECT_EQ(selector->select({2, DType::float32, "NONE", 128, 5}), "NCCL");
  EXPECT_EQ(regret_of(*selector, data).worst, 0.0);
  EXPECT_THAT(selector->report(), HasSubstr("tp 2: ONESHOT to 2048 bytes, NCCL above"));
}

TEST(BestByteThreshold, IsOnePerTpSizeForAllFusions) {
  Dataset data = crossing(2, "NONE", 1.0);
  data.append(crossing(2, "OTHER", 1.9));
  data.append(crossing(4, "NONE", 100.0));
  const auto selector = best_byte_threshold(data);
  for (const auto tokens : powers_of_two(1, 64)) {
    const Problem problem{2, DType::bfloat16, "NONE", 128, tokens};
    auto other = problem;
    other.fusion = "OTHER";
    EXPECT_EQ(selector->select(problem), selector->select(other));
    EXPECT_EQ(selector->select({4, DType::bfloat16, "NONE", 128, tokens}), "ONESHOT");
  }
  EXPECT_GT(regret_of(*selector, data).worst, 0.0);
}

TEST(BestByteThreshold, IsTheLeastOverEveryPairAndCut) {
  Dataset data(Machine{"sm90", {}});
  unsigned noise = 7;
  const std::vector<std::string> strategies = {"A", "B", "C"};
  for (const auto tokens : powers_of_two(1, 128)) {
    for (const auto& strategy : strategies) {
      noise = noise * 1664525U + 1013904223U;
      data.add(decision_row(cell_of(128, tokens), strategy, 1.0 + static_cast<double>(noise >> 20U)));
    }
  }
  const double mean = regret_of(*best_byte_threshold(data), data).mean;
  for (const auto& small : strategies) {
    for (const auto& large : strategies) {
      for (const auto last : powers_of_two(1, 128)) {
        const FunctionSelector rule("rule", [&](const Problem& p) { return p.num_tokens <= last ? small : large; });
        EXPECT_LE(mean, regret_of(rule, data).mean + 1e-9);
      }
    }
  }
}

TEST(BestByteThreshold, PrefersChoicesThatHaveATime) {
  Dataset data(Machine{"sm90", {}});
  for (const std::int64_t tokens : {1, 2}) {
    data.add(decision_row(cell_of(128, tokens), "SLOW", 10.0));
  }
  data.add(decision_row(cell_of(128, 1), "FAST", 1.0));
  data.add(failed_row(cell_of(128, 2), "FAST"));
  data.add(decision_row(cell_of(128, 2), "AUTO", 0.1));
  const auto selector = best_byte_threshold(data);
  EXPECT_EQ(selector->select(cell_of(128, 1)), "FAST");
  EXPECT_EQ(selector->select(cell_of(128, 2)), "SLOW");
}

}  // namespace arbiter::test
