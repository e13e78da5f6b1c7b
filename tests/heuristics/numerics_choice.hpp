// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "arbiter/heuristic.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

/// What the parameter `numerics` does in every heuristic that has it: it chooses among the strategies that add alike,
/// also for problems that were not measured, and reports which those are.
inline void expect_choice_among_equals(const std::string& plugin) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 1.0));
  data.add(decision_row(cell_of(128, 1), "B", 2.0));
  Measurement equal = decision_row(cell_of(128, 1), "C", 3.0);
  equal.numerics = Numerics::fp32_rank_order;
  data.add(equal);
  EXPECT_EQ(load_plugin<Heuristic>(plugin)->fit(data)->select(cell_of(128, 1)), "A");
  const auto heuristic = load_plugin<Heuristic>(plugin, {{"numerics", "fp32_rank_order"}});
  const auto among_equals = heuristic->fit(data);
  EXPECT_EQ(among_equals->select(cell_of(128, 1)), "C");
  EXPECT_EQ(among_equals->select({8, DType::bfloat16, "NONE", 128, 1}), "C") << "the fallback";
  EXPECT_NE(among_equals->report().find("numerics fp32_rank_order: chosen among C; left out: A, B"), std::string::npos);
}

}  // namespace arbiter::test
