// SPDX-License-Identifier: Apache-2.0
#include "lp/lp.hpp"

#include <limits>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

/// Latency + bytes / rate, for two tp sizes and two fusions; TWOSHOT cannot do a single token.
Dataset modelled() {
  Dataset data(Machine{"sm90", {}});
  for (const int tp_size : {2, 4}) {
    for (const char* fusion : {"NONE", "RESIDUAL_RMS_NORM"}) {
      for (const std::int64_t hidden : powers_of_two(128, 8192)) {
        for (const std::int64_t tokens : powers_of_two(1, 16384)) {
          const Problem problem{tp_size, DType::bfloat16, fusion, hidden, tokens};
          const auto bytes = static_cast<double>(problem.message_bytes());
          data.add(decision_row(problem, "NCCL", 20.0 + bytes / 200e3));
          data.add(decision_row(problem, "ONESHOT", 5.0 + bytes / (tp_size == 2 ? 30e3 : 15e3)));
          if (tokens > 1) data.add(decision_row(problem, "TWOSHOT", 8.0 + bytes / 100e3));
          data.add(decision_row(problem, "AUTO", 0.1));
        }
      }
    }
  }
  return data;
}

}  // namespace

TEST(FitLp, HasNoRegretWhereTheBestChoiceIsMonotone) {
  const Dataset data = modelled();
  for (const LpOptions::Shape shape : {LpOptions::Shape::regions, LpOptions::Shape::bytes}) {
    const auto selector = fit_lp(data, {shape, {}, ""});
    const Regret regret = regret_of(*selector, data);
    EXPECT_EQ(regret.cells, 420);
    EXPECT_EQ(regret.unmeasured, 0);
    EXPECT_EQ(regret.worst, 0.0);
  }
}

TEST(FitLp, AnswersOffGridAndFallsBackForOtherTpSizes) {
  const auto selector = fit_lp(modelled(), {});
  EXPECT_EQ(selector->name(), "lp");
  EXPECT_EQ(selector->select({2, DType::bfloat16, "NONE", 2880, 3}), "ONESHOT");
  EXPECT_EQ(selector->select({2, DType::float16, "NONE", 7168, 100'000}), "NCCL");
  EXPECT_EQ(selector->select({8, DType::bfloat16, "NONE", 128, 1}), "NCCL");
}

TEST(FitLp, ReportsOrderStatusOptimumRegretAndThresholds) {
  const std::string report = fit_lp(modelled(), {})->report();
  EXPECT_THAT(report, HasSubstr("selects by regions"));
  EXPECT_THAT(report, HasSubstr("regret of regions: mean 0.00 %"));
  EXPECT_THAT(report, HasSubstr("regret of bytes:   mean 0.00 %"));
  EXPECT_THAT(report, HasSubstr("tp 4, RESIDUAL_RMS_NORM: order ONESHOT < TWOSHOT < NCCL"));
  EXPECT_THAT(report, HasSubstr("optimal: 3 regions, mean 0.00 %, worst 0.00 % above the best of 105 cells"));
  EXPECT_THAT(report, HasSubstr("bfloat16 by tokens, mean 0.00 %, worst 0.00 % above the best of 105 cells: 128: "));
  EXPECT_THAT(report, HasSubstr("by bytes, mean 0.00 %, worst 0.00 % above the best of 105 cells: ONESHOT to "));
  EXPECT_THAT(report, HasSubstr("ONESHOT to 64 KiB, TWOSHOT to 2 MiB, NCCL above"));
  EXPECT_THAT(report, HasSubstr("tp 2, all fusions: NCCL_num_token_threshold "));
}

TEST(FitLp, AnOrderOfOnesOwnIsKeptAndLeavesOthersOut) {
  const auto selector = fit_lp(modelled(), {LpOptions::Shape::regions, {"ONESHOT", "UNKNOWN", "NCCL"}, ""});
  EXPECT_THAT(selector->report(), HasSubstr("order ONESHOT < NCCL\n"));
  EXPECT_THAT(selector->report(), HasSubstr("order: UNKNOWN was not measured"));
  EXPECT_EQ(selector->select({2, DType::bfloat16, "NONE", 8192, 64}), "NCCL");
  EXPECT_THROW(static_cast<void>(fit_lp(modelled(), {LpOptions::Shape::regions, {"UNKNOWN"}, ""})), DataError);
}

TEST(FitLp, FallsBackForAFusionWithoutAStrategyOfTheOrder) {
  Dataset data;
  data.add(decision_row({2, DType::bfloat16, "NONE", 128, 1}, "A", 1.0));
  data.add(decision_row({2, DType::bfloat16, "OTHER", 128, 1}, "B", 1.0));
  for (const LpOptions::Shape shape : {LpOptions::Shape::regions, LpOptions::Shape::bytes}) {
    const auto selector = fit_lp(data, {shape, {"A"}, "MPI"});
    EXPECT_EQ(selector->select({2, DType::bfloat16, "NONE", 128, 1}), "A");
    EXPECT_EQ(selector->select({2, DType::bfloat16, "OTHER", 128, 1}), "MPI");
  }
}

TEST(FitLp, OneCellOrOneStrategyGivesThatStrategy) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 1.0));
  EXPECT_EQ(fit_lp(data, {})->select(cell_of(4096, 77)), "A");
  data.add(decision_row(cell_of(256, 1), "A", 1.0));
  EXPECT_EQ(fit_lp(data, {})->select(cell_of(4096, 77)), "A");
  EXPECT_THAT(fit_lp(data, {})->report(), HasSubstr("trivial"));
  data.add(decision_row(cell_of(128, 1), "B", 0.5));
  EXPECT_EQ(fit_lp(data, {})->select(cell_of(128, 1)), "B");
  EXPECT_EQ(fit_lp(data, {})->select(cell_of(256, 1)), "A");
}

TEST(FitLp, GivesRegionsAsGridsAndBytesAsSteps) {
  const Dataset data = modelled();
  const auto regions = fit_lp(data, {});
  ASSERT_NE(regions->table(), nullptr);
  EXPECT_EQ(regions->table()->grids.size(), 4U);
  LpOptions options;
  options.shape = LpOptions::Shape::bytes;
  const auto bytes = fit_lp(data, options);
  ASSERT_NE(bytes->table(), nullptr);
  for (const auto& selector : {regions, bytes}) {
    for (const auto& [problem, cell] : data.cells())
      EXPECT_EQ(selector->select(problem), selector->table()->select(problem));
  }
}

TEST(FitLp, RowsOfOneCellThatRepeatAreOneCellOfTheFastest) {
  Dataset data = modelled();
  const auto once = fit_lp(data, {});
  Dataset twice = data;
  for (Measurement row : data.rows()) {
    row.time_us *= 1.5;
    twice.add(std::move(row));
  }
  const auto repeated = fit_lp(twice, {});
  for (const auto& [problem, cell] : data.cells()) EXPECT_EQ(repeated->select(problem), once->select(problem));
}

TEST(FitLp, TimesThatAreNoNumbersAreAsIfNotMeasured) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2, 4, 8}) {
    data.add(decision_row(cell_of(128, tokens), "A", 5.0));
    data.add(decision_row(cell_of(128, tokens), "B", tokens == 2 ? Measurement::none : 4.0));
    data.add(decision_row(cell_of(128, tokens), "C", std::numeric_limits<double>::infinity()));
    data.add(decision_row(cell_of(128, tokens), "D", tokens == 4 ? -1.0 : 0.0));
  }
  for (const LpOptions::Shape shape : {LpOptions::Shape::regions, LpOptions::Shape::bytes}) {
    LpOptions options;
    options.shape = shape;
    const auto selector = fit_lp(data, options);
    EXPECT_EQ(selector->select(cell_of(128, 2)), "A");
    EXPECT_EQ(regret_of(*selector, data).unmeasured, 0);
    for (const std::int64_t tokens : {1, 4, 8}) EXPECT_THAT(selector->select(cell_of(128, tokens)), AnyOf("A", "B"));
  }
}

TEST(FitLp, NothingUsableIsAnErrorAndNotATable) {
  Dataset data;
  EXPECT_THROW(static_cast<void>(fit_lp(data, {})), DataError);
  data.add(failed_row(cell_of(128, 1), "A"));
  data.add(decision_row(cell_of(128, 1), "AUTO", 1.0));
  EXPECT_THROW(static_cast<void>(fit_lp(data, {})), DataError);
}

}  // namespace arbiter::test
