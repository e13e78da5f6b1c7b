// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "arbiter/heuristic.hpp"
#include "heuristics/numerics_choice.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

TEST(CostModelPlugin, FitsWithItsDefaultsAndGivesATable) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 2.0));
  data.add(decision_row(cell_of(128, 1), "B", 1.0));
  const auto heuristic = load_plugin<Heuristic>(COST_MODEL_PLUGIN);
  const auto selector = heuristic->fit(data);
  EXPECT_EQ(selector->name(), "cost_model");
  EXPECT_EQ(selector->select(cell_of(128, 1)), "B");
  EXPECT_NE(selector->table(), nullptr);
}

TEST(CostModelPlugin, AnswersOtherTpSizesWithItsFallbackAndRefusesAuto) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 2.0));
  const auto heuristic = load_plugin<Heuristic>(COST_MODEL_PLUGIN, {{"fallback", "NCCL"}});
  const auto selector = heuristic->fit(data);
  EXPECT_EQ(selector->select({8, DType::bfloat16, "NONE", 128, 1}), "NCCL");
  EXPECT_THROW(static_cast<void>(load_plugin<Heuristic>(COST_MODEL_PLUGIN, {{"fallback", "AUTO"}})), Error);
}

TEST(CostModelPlugin, ChoosesAmongTheStrategiesThatAddAlikeIfAsked) { expect_choice_among_equals(COST_MODEL_PLUGIN); }

}  // namespace arbiter::test
