// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "arbiter/heuristic.hpp"
#include "heuristics/numerics_choice.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

Dataset near_tie() {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 100.0));
  data.add(decision_row(cell_of(128, 8), "A", 104.0));
  data.add(decision_row(cell_of(128, 8), "B", 100.0));
  return data;
}

}  // namespace

TEST(LutPlugin, IsStableWithinItsTiePercent) {
  EXPECT_EQ(load_plugin<Heuristic>(LUT_PLUGIN)->fit(near_tie())->select(cell_of(128, 8)), "B");
  EXPECT_EQ(load_plugin<Heuristic>(LUT_PLUGIN, {{"tie_percent", "5"}})->fit(near_tie())->select(cell_of(128, 8)), "A");
  EXPECT_EQ(load_plugin<Heuristic>(LUT_PLUGIN, {{"tie_percent", "5"}, {"mode", "argmin"}})
                ->fit(near_tie())
                ->select(cell_of(128, 8)),
            "B");
}

TEST(LutPlugin, AnswersOtherTpSizesWithItsFallback) {
  const auto heuristic = load_plugin<Heuristic>(LUT_PLUGIN, {{"fallback", "NCCL"}});
  const auto selector = heuristic->fit(near_tie());
  EXPECT_EQ(selector->name(), "lut");
  EXPECT_EQ(selector->select({8, DType::bfloat16, "NONE", 128, 1}), "NCCL");
}

TEST(LutPlugin, TakesTheRuleOfLookingUpAndGivesItsTable) {
  // The selector's code is the plugin's, which is unloaded with the heuristic.
  const auto with = [](const std::vector<std::pair<std::string, std::string>>& values) {
    const auto heuristic = load_plugin<Heuristic>(LUT_PLUGIN, values);
    const auto selector = heuristic->fit(near_tie());
    return selector->table() == nullptr ? DecisionTable{} : *selector->table();
  };
  EXPECT_EQ(with({{"look_up", "floor_log2"}}).look_up, LookUp::floor_log2);
  EXPECT_EQ(with({{"mode", "argmin"}}).look_up, LookUp::exact);
  EXPECT_GT(with({{"refine", "true"}}).grids.at(0).num_tokens.size(), 2U);
  EXPECT_EQ(with({{"refine", "false"}}).grids.at(0).num_tokens.size(), 2U);
}

TEST(LutPlugin, RefusesAutoAsFallback) {
  EXPECT_THROW(static_cast<void>(load_plugin<Heuristic>(LUT_PLUGIN, {{"fallback", "AUTO"}})), Error);
}

TEST(LutPlugin, ChoosesAmongTheStrategiesThatAddAlikeIfAsked) { expect_choice_among_equals(LUT_PLUGIN); }

}  // namespace arbiter::test
