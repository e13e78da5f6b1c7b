#include <map>
#include <random>

#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "lut/lut.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

std::shared_ptr<const TableSelector> argmin(const Dataset& data, std::string fallback = "NCCL") {
  return fit_lut(data, {LutOptions::Mode::argmin, 2.0, std::move(fallback)});
}

}  // namespace

TEST(LutArgmin, TakesTheSmallestTimeAndTheFirstRowOnATie) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 2.0));
  data.add(decision_row(cell_of(128, 1), "B", 1.0));
  data.add(decision_row(cell_of(128, 1), "C", 1.0));
  EXPECT_EQ(argmin(data)->select(cell_of(128, 1)), "B");
}

TEST(LutArgmin, IgnoresAutoAndFailedRows) {
  Dataset data;
  Measurement broken = decision_row(cell_of(128, 1), "A", 1.0);
  broken.failed = true;
  data.add(decision_row(cell_of(128, 1), "AUTO", 0.5));
  data.add(broken);
  data.add(decision_row(cell_of(128, 1), "B", 2.0));
  data.add(decision_row(cell_of(128, 2), "AUTO", 0.5));
  EXPECT_EQ(argmin(data)->select(cell_of(128, 1)), "B");
  EXPECT_EQ(argmin(data)->select(cell_of(128, 2)), "NCCL");
}

TEST(LutArgmin, DtypeAndOpDoNotSplitCells) {
  Dataset data;
  data.add(decision_row({2, DType::bfloat16, "NONE", 128, 1}, "A", 2.0));
  Measurement other = decision_row({2, DType::float32, "NONE", 128, 1}, "B", 1.0);
  other.op = "another";
  data.add(other);
  for (const DType dtype : {DType::bfloat16, DType::float16, DType::float32}) {
    EXPECT_EQ(argmin(data)->select({2, dtype, "NONE", 128, 1}), "B");
  }
}

TEST(LutArgmin, CellsWithoutDataGetTheFallback) {
  Dataset data(Machine{"cpu", {}});
  data.add(decision_row(cell_of(128, 1), "ONESHOT", 2.0));
  data.add(decision_row(cell_of(256, 4), "ONESHOT", 2.0));
  for (const Problem& problem : {cell_of(128, 2), cell_of(256, 1), cell_of(512, 4), Problem{4, {}, "NONE", 128, 1},
                                 Problem{2, {}, "OTHER", 128, 1}}) {
    EXPECT_EQ(argmin(data, "NCCL")->select(problem), "NCCL");
    EXPECT_EQ(argmin(data, "")->select(problem), "MPI");
  }
}

TEST(LutArgmin, AgreesWithAPlainSearchOnRandomRows) {
  std::mt19937 random(3);
  const std::vector<std::string> strategies = {"NCCL", "ONESHOT", "TWOSHOT", "AUTO"};
  Dataset data;
  std::map<std::tuple<int, std::string, std::int64_t, std::int64_t>, std::pair<double, std::string>> expected;
  for (int row = 0; row < 3000; ++row) {
    const Problem problem{random() % 2 == 0 ? 2 : 4, random() % 2 == 0 ? DType::bfloat16 : DType::float32,
                          random() % 2 == 0 ? "NONE" : "RESIDUAL_RMS_NORM", 128LL << (random() % 4),
                          1LL << (random() % 6)};
    const std::string& strategy = strategies[random() % strategies.size()];
    const double time = 1.0 + static_cast<double>(random() % 8);  // few values, so that ties are common
    data.add(decision_row(problem, strategy, time));
    if (strategy == "AUTO") continue;
    const auto key = std::tuple(problem.tp_size, problem.fusion, problem.hidden_size, problem.num_tokens);
    const auto [cell, added] = expected.try_emplace(key, time, strategy);
    if (!added && time < cell->second.first) cell->second = {time, strategy};
  }
  const auto selector = argmin(data);
  for (const auto& [key, best] : expected) {
    const auto& [tp_size, fusion, hidden, tokens] = key;
    EXPECT_EQ(selector->select({tp_size, DType::bfloat16, fusion, hidden, tokens}), best.second);
  }
}

TEST(LutArgmin, ReportsCellsRegionsAndRegret) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 1.0));
  data.add(decision_row(cell_of(128, 2), "B", 1.0));
  EXPECT_EQ(argmin(data)->report(),
            "lut (argmin): 2 cells, 2 regions; elsewhere NCCL\n"
            "  regret: mean 0.00 %, p95 0.00 %, worst 0.00 %, within 1 % in 100 % of 2 cells");
}

TEST(LutArgmin, WithoutUsableRowsItMakesNoTable) {
  Dataset data;
  EXPECT_THROW(static_cast<void>(argmin(data)), DataError);
  data.add(failed_row(cell_of(128, 1), "A"));
  EXPECT_THROW(static_cast<void>(argmin(data)), DataError);
}

}  // namespace arbiter::test
