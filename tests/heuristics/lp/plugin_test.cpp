#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "arbiter/heuristic.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

/// By bytes A wins both cells together; by shape each cell has its own best.
Dataset same_size() {
  Dataset data;
  data.add(decision_row(cell_of(512, 2), "A", 1.0));
  data.add(decision_row(cell_of(512, 2), "B", 3.0));
  data.add(decision_row(cell_of(256, 4), "A", 1.5));
  data.add(decision_row(cell_of(256, 4), "B", 1.0));
  return data;
}

}  // namespace

TEST(LpPlugin, ChoosesByRegionsUnlessTold) {
  const auto regions = load_plugin<Heuristic>(LP_PLUGIN);
  EXPECT_EQ(regions->fit(same_size())->select(cell_of(512, 2)), "A");
  EXPECT_EQ(regions->fit(same_size())->select(cell_of(256, 4)), "B");
  const auto bytes = load_plugin<Heuristic>(LP_PLUGIN, {{"shape", "bytes"}});
  EXPECT_EQ(bytes->fit(same_size())->select(cell_of(512, 2)), "A");
  EXPECT_EQ(bytes->fit(same_size())->select(cell_of(256, 4)), "A");
}

TEST(LpPlugin, TakesAnOrderAndAFallback) {
  const auto heuristic = load_plugin<Heuristic>(LP_PLUGIN, {{"order", "[B]"}, {"fallback", "NCCL"}});
  EXPECT_EQ(heuristic->fit(same_size())->select(cell_of(512, 2)), "B");
  EXPECT_EQ(heuristic->fit(same_size())->select({4, DType::bfloat16, "NONE", 512, 2}), "NCCL");
}

TEST(LpPlugin, RefusesAutoAndRepeatedStrategies) {
  EXPECT_THROW(static_cast<void>(load_plugin<Heuristic>(LP_PLUGIN, {{"order", "[A, B, A]"}})), Error);
  EXPECT_THROW(static_cast<void>(load_plugin<Heuristic>(LP_PLUGIN, {{"order", "[AUTO]"}})), Error);
  EXPECT_THROW(static_cast<void>(load_plugin<Heuristic>(LP_PLUGIN, {{"fallback", "AUTO"}})), Error);
}

}  // namespace arbiter::test
