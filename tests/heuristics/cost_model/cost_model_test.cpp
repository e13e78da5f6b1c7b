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

TEST(FitCostModel, WhereNoStrategyIsUsableInAllCellsAroundThoseUsableInOneAreCandidates) {
  for (const double a : {5.0, 9.0}) {
    Dataset data;
    data.add(decision_row(cell_of(128, 1), "A", a));
    data.add(failed_row(cell_of(128, 1), "B"));
    data.add(failed_row(cell_of(128, 64), "A"));
    data.add(decision_row(cell_of(128, 64), "B", 7.0));
    const auto model = fit_cost_model(data, {});
    EXPECT_EQ(model->select(cell_of(128, 1)), "A");
    EXPECT_EQ(model->select(cell_of(128, 64)), "B");
    EXPECT_EQ(model->select(cell_of(128, 8)), a < 7.0 ? "A" : "B");
  }
}

TEST(FitCostModel, ReportsTheErrorsOfItsTimesAndNotOfAutoOrFailedRows) {
  const auto report = [](int outliers) {
    Dataset data;
    for (int tokens = 1; tokens <= 100; ++tokens) {
      // Twice the predicted 10 us, all over the range: an error of half of what was measured.
      const bool outlier = outliers > 0 && tokens % (100 / outliers) == 0;
      data.add(decision_row(cell_of(128, tokens), "A", outlier ? 20.0 : 10.0));
      data.add(decision_row(cell_of(128, tokens), "AUTO", 1.0));
      auto failed = decision_row(cell_of(128, tokens), "A", 99.0);
      failed.failed = true;
      data.add(failed);
    }
    return fit_cost_model(data, {1, ""})->report();
  };
  EXPECT_THAT(report(0), HasSubstr("error on the grid: median 0.00 %, p95 0.00 %, worst 0.00 %"));
  EXPECT_THAT(report(4), HasSubstr("error on the grid: median 0.00 %, p95 0.00 %, worst 50.00 %"));
  EXPECT_THAT(report(10), HasSubstr("error on the grid: median 0.00 %, p95 50.00 %, worst 50.00 %"));
}

TEST(FitCostModel, OfEqualPredictionsTheFirstStrategyIsChosen) {
  Dataset data;
  for (const char* strategy : {"A", "B", "C"}) data.add(decision_row(cell_of(128, 1), strategy, 5.0));
  EXPECT_EQ(fit_cost_model(data, {})->select(cell_of(128, 1)), "A");
}

TEST(FitCostModel, HasAModelForEachDtypeAndFusion) {
  Dataset data;
  data.add(decision_row({2, DType::bfloat16, "NONE", 128, 4}, "A", 5.0));
  data.add(decision_row({2, DType::float32, "NONE", 128, 4}, "A", 9.0));
  data.add(decision_row({2, DType::bfloat16, "X", 128, 4}, "A", 13.0));
  const auto model = fit_cost_model(data, {});
  EXPECT_NEAR(model->predict({2, DType::bfloat16, "NONE", 128, 4}, "A"), 5.0, 1e-9);
  EXPECT_NEAR(model->predict({2, DType::float32, "NONE", 128, 4}, "A"), 9.0, 1e-9);
  EXPECT_NEAR(model->predict({2, DType::bfloat16, "X", 128, 4}, "A"), 13.0, 1e-9);
  EXPECT_EQ(model->table()->grids.size(), 3U);
}

TEST(FitCostModel, AnswersEachDtypeAndFusionFromItsOwnGrid) {
  Dataset data;
  const auto add = [&](const Problem& problem, double a, double b) {
    data.add(decision_row(problem, "A", a));
    data.add(decision_row(problem, "B", b));
  };
  add({2, DType::bfloat16, "NONE", 128, 4}, 5.0, 6.0);
  add({2, DType::float32, "NONE", 128, 4}, 6.0, 5.0);
  add({2, DType::bfloat16, "X", 128, 4}, 6.0, 5.0);
  add({4, DType::bfloat16, "X", 128, 4}, 5.0, 6.0);
  const auto model = fit_cost_model(data, {});
  EXPECT_EQ(model->select({2, DType::bfloat16, "NONE", 128, 4}), "A");
  EXPECT_EQ(model->select({2, DType::float32, "NONE", 128, 4}), "B");
  EXPECT_EQ(model->select({2, DType::bfloat16, "X", 128, 4}), "B");
  EXPECT_EQ(model->select({4, DType::bfloat16, "X", 128, 4}), "A");
}

}  // namespace arbiter::test
