// SPDX-License-Identifier: Apache-2.0
#include "lut/lut.hpp"

#include <map>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "io/data_dir.hpp"
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
  const auto argmin_selector = fit_lut(data, {LutOptions::Mode::argmin, 1.5, ""});
  const auto stable = fit_lut(data, {LutOptions::Mode::stable, 1.5, "", {}, LutOptions::Refine::never});
  EXPECT_GT(regions(argmin_selector->table()->grids.front()), 2U);
  EXPECT_EQ(regions(stable->table()->grids.front()), 2U);
  EXPECT_LE(regret_of(*stable, data).worst, 0.02 + 1e-12);
}

TEST(LutStable, DecidesTwoNoisyCopiesOfRealTimesAlike) {
  Dataset clean = read_data_dir(RESULTS "/h200", "").dataset;
  clean = clean.of_setting(clean.settings().front());
  const auto noisy = [&](unsigned seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(1.0, 0.03);
    Dataset copy(clean.machine());
    for (Measurement row : clean.rows()) {
      row.time_us *= normal(random);
      copy.add(std::move(row));
    }
    return copy;
  };
  const Dataset first = noisy(1);
  const Dataset second = noisy(2);
  const auto flips = [&](const LutOptions& options) {
    const auto a = fit_lut(first, options);
    const auto b = fit_lut(second, options);
    int count = 0;
    for (const auto& [problem, cell] : clean.cells()) count += a->select(problem) != b->select(problem) ? 1 : 0;
    return count;
  };
  const LutOptions stable{LutOptions::Mode::stable, 1.5, "", {}, LutOptions::Refine::never};
  EXPECT_LE(flips(stable), 20);  // of 510
  EXPECT_GE(flips({LutOptions::Mode::argmin, 1.5, ""}), 40);
  EXPECT_LT(regret_of(*fit_lut(first, stable), clean).mean, 0.0025);
  EXPECT_LT(regret_of(*fit_lut(clean, stable), clean).mean, 0.0003);
}

TEST(LutStable, AnswersOffGridFromTheNearestCellOfTheSameTpSizeAndFusion) {
  const auto stable = fit_lut(noisy_crossover(3, 0.0), {LutOptions::Mode::stable, 0.0, "NCCL"});
  EXPECT_EQ(stable->select(cell_of(200, 2)), "ONESHOT");
  EXPECT_EQ(stable->select(cell_of(7168, 100'000)), "TWOSHOT");
  EXPECT_EQ(stable->select({2, DType::float32, "NONE", 200, 2}), "ONESHOT");
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
  EXPECT_THAT(stable->report(), ::testing::HasSubstr("6 cells, 3 measured, "));
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
  EXPECT_THAT(stable->report(),
              ::testing::HasSubstr(", 1 not the fastest measured, 1 of them because that failed nearby"));
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

TEST(LutStable, ReportsHowTheTableDiffersFromTheFastestOfEachCell) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 100.0));
  data.add(decision_row(cell_of(128, 1), "B", 110.0));
  data.add(decision_row(cell_of(128, 2), "A", 101.0));
  data.add(decision_row(cell_of(128, 2), "B", 100.0));
  data.add(decision_row(cell_of(128, 4), "A", 100.0));
  data.add(decision_row(cell_of(128, 4), "B", 110.0));
  const auto stable = fit_lut(data, {LutOptions::Mode::stable, 1.5, "MPI"});
  EXPECT_THAT(stable->report(), ::testing::HasSubstr("3 cells, 1 regions, 1 measured cells not the fastest measured"));
  EXPECT_THAT(stable->report(),
              ::testing::HasSubstr(
                  "tp 2, NONE, bfloat16: 3 cells, 3 measured, 1 regions (argmin: 3), 1 not the fastest measured"));
  EXPECT_THAT(stable->report(), ::testing::HasSubstr("regret: mean 0.33 %, p95 1.00 %, worst 1.00 %"));
}

TEST(LutStable, ReportsTheTableThatItEmits) {
  Dataset data;  // steps of 64: refined cells are better
  for (const std::int64_t tokens : {1, 4, 16, 64, 256}) {
    data.add(decision_row(cell_of(128, tokens), "A", 10.0));
    data.add(decision_row(cell_of(128, tokens), "B", 450.0 / static_cast<double>(tokens)));
  }
  const auto stable = fit_lut(data, {LutOptions::Mode::stable, 1.5, "MPI", {}, LutOptions::Refine::always});
  const std::size_t cells = stable->table()->grids.front().cells.size();
  EXPECT_GT(cells, 5U);
  EXPECT_THAT(stable->report(), ::testing::HasSubstr(fmt::format("): {} cells, 2 regions", cells)));
  EXPECT_THAT(stable->report(), ::testing::HasSubstr(fmt::format("bfloat16: {} cells, 5 measured, 2 regions", cells)));
}

}  // namespace arbiter::test
