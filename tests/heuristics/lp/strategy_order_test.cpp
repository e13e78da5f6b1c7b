// SPDX-License-Identifier: Apache-2.0
#include "lp/strategy_order.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;

std::vector<std::string> order_of(const Dataset& data) {
  const std::vector<CellBlock> blocks = cell_blocks(data, "lp");
  std::vector<const CellBlock*> pointers;
  pointers.reserve(blocks.size());
  for (const CellBlock& block : blocks) pointers.push_back(&block);
  return strategy_order(pointers);
}

/// Each strategy takes latency + bytes / rate.
Dataset modelled(const std::vector<std::tuple<std::string, double, double>>& models) {
  Dataset data;
  for (const std::int64_t hidden : powers_of_two(128, 8192)) {
    for (const std::int64_t tokens : powers_of_two(1, 4096)) {
      const Problem problem = cell_of(hidden, tokens);
      for (const auto& [name, latency, rate] : models) {
        data.add(decision_row(problem, name, latency + static_cast<double>(problem.message_bytes()) / rate));
      }
    }
  }
  return data;
}

}  // namespace

TEST(StrategyOrder, GoesFromLatencyToBandwidthOptimalWhateverTheRowOrder) {
  EXPECT_THAT(order_of(modelled({{"NCCL", 20, 4000}, {"ONESHOT", 5, 500}, {"TWOSHOT", 9, 2000}})),
              ElementsAre("ONESHOT", "TWOSHOT", "NCCL"));
  EXPECT_THAT(order_of(modelled({{"TWOSHOT", 9, 2000}, {"NCCL", 20, 4000}, {"ONESHOT", 5, 500}})),
              ElementsAre("ONESHOT", "TWOSHOT", "NCCL"));
}

TEST(StrategyOrder, OfManyStrategiesIsTheSame) {
  std::vector<std::tuple<std::string, double, double>> models;
  for (int i = 9; i >= 0; --i) models.emplace_back(std::string(1, static_cast<char>('A' + i)), 5 << i, 100 << (2 * i));
  EXPECT_THAT(order_of(modelled(models)), ElementsAre("A", "B", "C", "D", "E", "F", "G", "H", "I", "J"));
}

TEST(StrategyOrder, TakesAStrategyThatIsBestOnlyInTheMiddleThere) {
  Dataset data;
  for (const std::int64_t tokens : powers_of_two(1, 256)) {
    data.add(decision_row(cell_of(128, tokens), "LARGE", tokens < 64 ? 30.0 : 10.0));
    data.add(decision_row(cell_of(128, tokens), "MIDDLE", tokens >= 8 && tokens < 64 ? 10.0 : 20.0));
    data.add(decision_row(cell_of(128, tokens), "SMALL", tokens < 8 ? 10.0 : 30.0));
  }
  EXPECT_THAT(order_of(data), ElementsAre("SMALL", "MIDDLE", "LARGE"));
}

TEST(StrategyOrder, OfStrategiesThatTieGoesByTheirGrowthOverAllBlocks) {
  Dataset data;
  for (const std::int64_t tokens : powers_of_two(1, 8)) {
    data.add(decision_row(cell_of(128, tokens), "BEST", 10.0));
    data.add(decision_row(cell_of(128, tokens), "GROWS", 20.0 - static_cast<double>(tokens)));
    Problem problem = cell_of(128, tokens);
    problem.tp_size = 4;
    data.add(decision_row(problem, "BEST", 10.0));
    data.add(decision_row(problem, "GROWS", 20.0 * static_cast<double>(tokens)));
  }
  EXPECT_THAT(order_of(data), ElementsAre("GROWS", "BEST"));
}

TEST(StrategyOrder, OfOneStrategyOrOneCellIsDefined) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "B", 2.0));
  EXPECT_THAT(order_of(data), ElementsAre("B"));
  data.add(decision_row(cell_of(128, 1), "A", 1.0));
  EXPECT_THAT(order_of(data), ElementsAre("B", "A"));
}

TEST(StrategyOrder, TakesAStrategyThatIsBestOnlyAtTheSmallestSizeFirst) {
  // By their growth B would be first; the thresholds cost less if A is.
  const std::vector<std::pair<double, double>> times = {{10.0, 12.0}, {30.0, 10.0}, {12.0, 10.0}, {10.5, 10.0}};
  Dataset data;
  for (std::size_t i = 0; i < times.size(); ++i) {
    data.add(decision_row(cell_of(128, std::int64_t{1} << i), "B", times[i].second));
    data.add(decision_row(cell_of(128, std::int64_t{1} << i), "A", times[i].first));
  }
  EXPECT_THAT(order_of(data), ElementsAre("A", "B"));
}

}  // namespace arbiter::test
