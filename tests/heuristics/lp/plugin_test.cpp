// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "arbiter/heuristic.hpp"
#include "heuristics/numerics_choice.hpp"
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

TEST(LpPlugin, TakesMonotoneAndTheRuleOfLookingUp) {
  Dataset data;  // B is best in the middle
  for (const std::int64_t tokens : {1, 2, 4}) {
    data.add(decision_row(cell_of(128, tokens), "A", tokens == 2 ? 1.5 : 1.0));
    data.add(decision_row(cell_of(128, tokens), "B", tokens == 2 ? 1.0 : 2.0));
  }
  const auto middle = [&](const char* monotone) {
    return load_plugin<Heuristic>(LP_PLUGIN, {{"monotone", monotone}})->fit(data)->select(cell_of(128, 2));
  };
  EXPECT_EQ(middle("true"), "A");
  EXPECT_EQ(middle("false"), "B");
  EXPECT_EQ(middle("auto"), "B");
  const auto tolerant = load_plugin<Heuristic>(LP_PLUGIN, {{"monotone_percent", "60"}, {"look_up", "message_size"}});
  EXPECT_EQ(tolerant->fit(data)->select(cell_of(128, 2)), "A");
  EXPECT_EQ(tolerant->fit(data)->table()->look_up, LookUp::message_size);
}

TEST(LpPlugin, RefusesAutoAndRepeatedStrategies) {
  EXPECT_THROW(static_cast<void>(load_plugin<Heuristic>(LP_PLUGIN, {{"order", "[A, B, A]"}})), Error);
  EXPECT_THROW(static_cast<void>(load_plugin<Heuristic>(LP_PLUGIN, {{"order", "[AUTO]"}})), Error);
  EXPECT_THROW(static_cast<void>(load_plugin<Heuristic>(LP_PLUGIN, {{"fallback", "AUTO"}})), Error);
}

TEST(LpPlugin, ChoosesAmongTheStrategiesThatAddAlikeIfAsked) { expect_choice_among_equals(LP_PLUGIN); }

}  // namespace arbiter::test
