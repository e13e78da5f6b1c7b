// SPDX-License-Identifier: Apache-2.0
#include "lut/lut.hpp"

#include <map>
#include <random>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

std::shared_ptr<const TableSelector> argmin(const Dataset& data, std::string fallback = "NCCL") {
  return fit_lut(data, {LutOptions::Mode::argmin, 2.0, std::move(fallback)});
}

/// ONESHOT is best below 2 KiB and TWOSHOT above 256 KiB; between they are equal. Each time is up to `noise` off.
Dataset noisy_crossover(unsigned seed, double noise) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> factor(1.0, 1.0 + noise);
  Dataset data;
  for (const std::int64_t hidden : powers_of_two(128, 8192)) {
    for (const std::int64_t tokens : powers_of_two(1, 16384)) {
      const Problem problem = cell_of(hidden, tokens);
      const double kib = static_cast<double>(problem.message_bytes()) / 1024.0;
      const double penalty = kib < 2.0 ? 1.5 : kib > 256.0 ? 1.0 / 1.5 : 1.0;
      data.add(decision_row(problem, "ONESHOT", (5.0 + kib / 64.0) * factor(random)));
      data.add(decision_row(problem, "TWOSHOT", (5.0 + kib / 64.0) * penalty * factor(random)));
      data.add(decision_row(problem, "MPI", (20.0 + kib / 20.0) * factor(random)));
    }
  }
  return data;
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
  other.setting.op = "another";
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

TEST(LutStable, NoiseDoesNotFlipCells) {
  const Dataset data = noisy_crossover(1, 0.015);
  const auto argmin_selector = fit_lut(data, {LutOptions::Mode::argmin, 2.0, ""});
  const auto stable = fit_lut(data, {LutOptions::Mode::stable, 2.0, "", {}, LutOptions::Refine::never});
  EXPECT_GT(regions(argmin_selector->table()->grids.front()), 2U);
  EXPECT_EQ(regions(stable->table()->grids.front()), 2U);
  EXPECT_LE(regret_of(*stable, data).worst, 0.02 + 1e-12);
}

TEST(LutStable, WithoutTiesItIsThePlainTable) {
  const Dataset data = noisy_crossover(2, 0.2);
  const auto argmin_selector = fit_lut(data, {LutOptions::Mode::argmin, 2.0, ""});
  const auto stable = fit_lut(data, {LutOptions::Mode::stable, 0.0, ""});
  for (const auto& [problem, cell] : data.cells()) EXPECT_EQ(stable->select(problem), argmin_selector->select(problem));
}

TEST(LutStable, AnswersOffGridFromTheNearestCellOfTheSameTpSizeAndFusion) {
  const auto stable = fit_lut(noisy_crossover(3, 0.0), {LutOptions::Mode::stable, 0.0, "NCCL"});
  EXPECT_EQ(stable->select(cell_of(2880, 3)), "ONESHOT");
  EXPECT_EQ(stable->select(cell_of(7168, 100'000)), "TWOSHOT");
  EXPECT_EQ(stable->select({2, DType::float32, "NONE", 2880, 3}), "ONESHOT");
  EXPECT_EQ(stable->select({4, DType::bfloat16, "NONE", 128, 1}), "NCCL");
  EXPECT_EQ(stable->select({2, DType::bfloat16, "OTHER", 128, 1}), "NCCL");
}

TEST(LutStable, FillsGapsFromTheNearestMeasuredCells) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 100.0));
  data.add(decision_row(cell_of(128, 64), "A", 101.0));
  data.add(decision_row(cell_of(128, 64), "B", 100.0));
  data.add(decision_row(cell_of(4096, 32), "B", 100.0));
  const auto stable = fit_lut(data, {LutOptions::Mode::stable, 2.0, "", LookUp::exact, LutOptions::Refine::never});
  EXPECT_EQ(answered_cells(stable->table()->grids.front()), 6U);
  EXPECT_EQ(stable->select(cell_of(4096, 32)), "B");
  EXPECT_EQ(stable->select(cell_of(4096, 64)), "B");
  EXPECT_EQ(stable->select(cell_of(4096, 1)), "A");
  EXPECT_EQ(stable->select(cell_of(128, 1)), "A");
  EXPECT_THAT(stable->report(), ::testing::HasSubstr("3 cells, "));
  EXPECT_THAT(stable->report(), ::testing::HasSubstr(", 3 gaps filled"));
}

TEST(LutStable, AvoidsWhatFailedNextDoorAlsoInGaps) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2}) {
    data.add(decision_row(cell_of(128, tokens), "A", 100.0));
    data.add(decision_row(cell_of(128, tokens), "B", 101.0));
  }
  data.add(failed_row(cell_of(128, 4), "A"));  // nothing else was measured there
  const auto stable = fit_lut(data, {LutOptions::Mode::stable, 0.0, "", LookUp::exact, LutOptions::Refine::never});
  EXPECT_EQ(stable->select(cell_of(128, 1)), "A");
  EXPECT_EQ(stable->select(cell_of(128, 2)), "B");
  EXPECT_EQ(stable->select(cell_of(128, 4)), "B");
  EXPECT_THAT(stable->report(), ::testing::HasSubstr(", 1 not the fastest, because it failed nearby"));
}

TEST(LutStable, LooksUpAsItIsTold) {
  const Dataset data = noisy_crossover(4, 0.0);
  for (const LookUp rule : {LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2}) {
    for (const LutOptions::Mode mode : {LutOptions::Mode::argmin, LutOptions::Mode::stable}) {
      EXPECT_EQ(fit_lut(data, {mode, 2.0, "", rule})->table()->look_up, rule);
    }
  }
  EXPECT_EQ(fit_lut(data, {LutOptions::Mode::stable, 2.0, "NCCL", LookUp::exact, LutOptions::Refine::never})
                ->select(cell_of(2880, 3)),
            "NCCL");
}

TEST(LutStable, ReportsWhatTheTiesDid) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 100.0));
  data.add(decision_row(cell_of(128, 2), "A", 101.0));
  data.add(decision_row(cell_of(128, 2), "B", 100.0));
  data.add(decision_row(cell_of(128, 4), "A", 100.0));
  const auto stable = fit_lut(data, {LutOptions::Mode::stable, 2.0, "MPI"});
  EXPECT_THAT(stable->report(), ::testing::HasSubstr("1 regions (argmin: 3), 1 cells decided by ties"));
  EXPECT_THAT(stable->report(),
              ::testing::HasSubstr("tp 2, NONE, bfloat16: 3 cells, 1 regions (argmin: 3), 1 by ties"));
  EXPECT_THAT(stable->report(), ::testing::HasSubstr("regret: mean 0.33 %, p95 1.00 %, worst 1.00 %"));
}

/// Two fusions: in the first a tie joins two regions, in the second a failure next door moves a cell and one is a gap.
Dataset two_blocks() {
  Dataset data(Machine{"sm90", {}});
  for (const std::int64_t tokens : {1, 2, 4}) {
    data.add(decision_row({2, DType::bfloat16, "NONE", 128, tokens}, "A", tokens == 2 ? 101.0 : 100.0));
    data.add(decision_row({2, DType::bfloat16, "NONE", 128, tokens}, "B", tokens == 2 ? 100.0 : 150.0));
  }
  data.add(decision_row({2, DType::bfloat16, "X", 128, 1}, "A", 100.0));
  data.add(decision_row({2, DType::bfloat16, "X", 128, 1}, "B", 110.0));
  data.add(failed_row({2, DType::bfloat16, "X", 128, 2}, "A"));
  data.add(decision_row({2, DType::bfloat16, "X", 128, 2}, "B", 100.0));
  data.add(failed_row({2, DType::bfloat16, "X", 256, 2}, "B"));
  return data;
}

TEST(LutReport, AddsUpItsBlocks) {
  EXPECT_EQ(fit_lut(two_blocks(), {LutOptions::Mode::stable, 2.0, "", {}, LutOptions::Refine::never})->report(),
            "lut (stable, ties within 2 %): 5 cells, 2 regions (argmin: 5), 1 cells decided by ties; "
            "other tp sizes and fusions NCCL\n"
            "  used: measured cells, look-up nearest (regret on held-out cells, every other hidden "
            "size or token count: nearest mean 1.00 %, worst 1.00 %, 1 of 2 not measured; "
            "message_size mean 1.00 %, worst 1.00 %, 1 of 2 not measured)\n"
            "  regret: mean 2.20 %, p95 10.00 %, worst 10.00 %, within 1 % in 80 % of 5 cells\n"
            "  tp 2, NONE, bfloat16: 3 cells, 1 regions (argmin: 3), 1 by ties\n"
            "  tp 2, X, bfloat16: 2 cells, 1 regions (argmin: 2), 0 by ties, 1 not the fastest, "
            "because it failed nearby, 2 gaps filled");
  EXPECT_EQ(fit_lut(two_blocks(), {LutOptions::Mode::stable, 2.0, "MPI", LookUp::exact})->report(),
            "lut (stable, ties within 2 %): 5 cells, 2 regions (argmin: 5), 1 cells decided by ties; "
            "other tp sizes and fusions MPI\n"
            "  not used: measured cells, look-up exact (regret on held-out cells: no choice has a "
            "time)\n"
            "  used: refined cells (interpolated times), look-up exact (regret on held-out cells: "
            "mean 1.00 %, worst 1.00 %, 1 of 2 not measured)\n"
            "  regret: mean 2.20 %, p95 10.00 %, worst 10.00 %, within 1 % in 80 % of 5 cells\n"
            "  tp 2, NONE, bfloat16: 3 cells, 1 regions (argmin: 3), 1 by ties\n"
            "  tp 2, X, bfloat16: 2 cells, 1 regions (argmin: 2), 0 by ties, 1 not the fastest, "
            "because it failed nearby, 2 gaps filled");
  EXPECT_EQ(fit_lut(two_blocks(), {LutOptions::Mode::stable, 2.0, "MPI", LookUp::floor_log2})->report(),
            "lut (stable, ties within 2 %): 7 buckets, 3 regions; other tp sizes, fusions and sizes "
            "MPI\n"
            "  look-up: floor_log2: each bucket, up to the next powers of two, has the strategy of "
            "least mean regret over its measured cells and shapes at quarters of a doubling, whose "
            "times are interpolated (log-log); regret on held-out cells: mean 1.00 %, worst 1.00 %, "
            "1 of 2 not measured\n"
            "  regret: mean 0.20 %, p95 1.00 %, worst 1.00 %, within 1 % in 100 % of 5 cells\n"
            "  tp 2, NONE, bfloat16: 3 buckets, 1 regions, mean regret 0.14 % over 28 shapes, 1 "
            "differ from the best at their smallest shape\n"
            "  tp 2, X, bfloat16: 4 buckets, 2 regions, mean regret 0.00 % over 3 shapes, 0 differ "
            "from the best at their smallest shape, 2 gaps filled");
  EXPECT_EQ(fit_lut(two_blocks(), {LutOptions::Mode::argmin, 2.0, "MPI", LookUp::nearest})->report(),
            "lut (argmin, look-up nearest): 5 cells, 5 regions; elsewhere MPI\n"
            "  regret: mean 0.00 %, p95 0.00 %, worst 0.00 %, within 1 % in 100 % of 5 cells");
  EXPECT_EQ(fit_lut(two_blocks(), {LutOptions::Mode::stable, 2.0, "MPI", LookUp::nearest, LutOptions::Refine::always})
                ->report(),
            "lut (stable, ties within 2 %): 5 cells, 2 regions (argmin: 5), 1 cells decided by ties; "
            "other tp sizes and fusions MPI\n"
            "  used: refined cells (interpolated times), look-up nearest (regret on held-out cells: "
            "mean 1.00 %, worst 1.00 %, 1 of 2 not measured)\n"
            "  regret: mean 2.20 %, p95 10.00 %, worst 10.00 %, within 1 % in 80 % of 5 cells\n"
            "  tp 2, NONE, bfloat16: 3 cells, 1 regions (argmin: 3), 1 by ties\n"
            "  tp 2, X, bfloat16: 2 cells, 1 regions (argmin: 2), 0 by ties, 1 not the fastest, "
            "because it failed nearby, 2 gaps filled");
}

}  // namespace arbiter::test
