// SPDX-License-Identifier: Apache-2.0
#include "cost_model/cost_model.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

double one_shot(const Problem& p) { return 5.0 + static_cast<double>(p.message_bytes()) / 30e3; }
double nccl(const Problem& p) { return 20.0 + static_cast<double>(p.message_bytes()) / 200e3; }

Dataset modelled() {
  Dataset data(Machine{"sm90", {}});
  for (const std::int64_t hidden : powers_of_two(128, 8192)) {
    for (const std::int64_t tokens : powers_of_two(1, 4096)) {
      const Problem problem = cell_of(hidden, tokens);
      data.add(decision_row(problem, "ONESHOT", one_shot(problem)));
      data.add(decision_row(problem, "NCCL", nccl(problem)));
      data.add(decision_row(problem, "AUTO", 0.1));
    }
  }
  return data;
}

}  // namespace

TEST(FitCostModel, PredictsShapesNobodyMeasured) {
  const auto model = fit_cost_model(modelled(), {});
  for (const std::int64_t hidden : {128, 2880, 7168, 12288}) {
    for (const std::int64_t tokens : {1, 3, 100, 5000}) {
      const Problem problem = cell_of(hidden, tokens);
      EXPECT_NEAR(model->predict(problem, "ONESHOT") / one_shot(problem), 1.0, 1e-6);
      EXPECT_NEAR(model->predict(problem, "NCCL") / nccl(problem), 1.0, 1e-6);
    }
  }
  EXPECT_TRUE(std::isnan(model->predict(cell_of(128, 1), "TWOSHOT")));
  EXPECT_TRUE(std::isnan(model->predict({4, DType::bfloat16, "NONE", 128, 1}, "NCCL")));
}

TEST(FitCostModel, ChoosesTheLeastTimeOnAndOffTheGrid) {
  const Dataset data = modelled();
  const auto model = fit_cost_model(data, {});
  EXPECT_EQ(model->name(), "cost_model");
  EXPECT_EQ(regret_of(*model, data).worst, 0.0);
  for (const std::int64_t hidden : {2880, 5120, 12288}) {
    for (const std::int64_t tokens : {1, 7, 50, 400, 4000}) {
      const Problem problem = cell_of(hidden, tokens);
      const bool one_shot_chosen = model->select(problem) == "ONESHOT";
      const double chosen = one_shot_chosen ? one_shot(problem) : nccl(problem);
      EXPECT_LE(chosen / std::min(one_shot(problem), nccl(problem)), 1.1) << to_string(problem);
    }
  }
  EXPECT_EQ(model->select({8, DType::bfloat16, "NONE", 128, 1}), "NCCL");
}

TEST(FitCostModel, IsItsTable) {
  const auto model = fit_cost_model(modelled(), {});
  ASSERT_NE(model->table(), nullptr);
  EXPECT_EQ(model->table()->look_up, LookUp::nearest);
  ASSERT_EQ(model->table()->grids.size(), 1U);
  EXPECT_GT(model->table()->grids.front().hidden_sizes.size(), 7U * 3U);
}

TEST(FitCostModel, ChoosesOnlyWhatCanBeUsedNearby) {
  Dataset data = modelled();
  Dataset partly(data.machine());
  for (Measurement row : data.rows()) {
    row.failed = row.strategy == "ONESHOT" && row.problem.num_tokens == 1 && row.problem.hidden_size == 1024;
    if (row.strategy == "ONESHOT" && row.problem.hidden_size == 128) continue;
    partly.add(std::move(row));
  }
  const auto model = fit_cost_model(partly, {});
  EXPECT_EQ(model->select(cell_of(1024, 1)), "NCCL");
  EXPECT_EQ(model->select(cell_of(1100, 1)), "NCCL");  // one of the cells around is the one that failed
  EXPECT_EQ(model->select(cell_of(2048, 1)), "ONESHOT");
  EXPECT_EQ(model->select(cell_of(128, 1)), "NCCL");
  EXPECT_EQ(model->select(cell_of(256, 1)), "ONESHOT");
}

TEST(FitCostModel, ReportsItsErrorOnTheGridAndLeftOutOfTheFit) {
  const std::string report = fit_cost_model(modelled(), {})->report();
  EXPECT_THAT(report, HasSubstr("error on the grid: median 0.00 %, p95 "));
  EXPECT_THAT(report, HasSubstr("error on held-out cells (every other hidden size or token count): median 0.00 %"));
  EXPECT_THAT(report, HasSubstr("regret on held-out cells: mean 0.00 %"));
  EXPECT_THAT(report, HasSubstr("ONESHOT: 5.00 us + 35/MiB"));
}

TEST(FitCostModel, OneCellIsEnoughAndNothingUsableIsAnError) {
  Dataset data;
  EXPECT_THROW(static_cast<void>(fit_cost_model(data, {})), DataError);
  data.add(failed_row(cell_of(128, 1), "A"));
  EXPECT_THROW(static_cast<void>(fit_cost_model(data, {})), DataError);
  data.add(decision_row(cell_of(128, 1), "B", 2.0));
  const auto model = fit_cost_model(data, {});
  EXPECT_EQ(model->select(cell_of(4096, 100)), "B");
  EXPECT_THAT(model->report(), HasSubstr("no cell can be held out"));
}

}  // namespace arbiter::test
