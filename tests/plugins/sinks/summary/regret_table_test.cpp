// SPDX-License-Identifier: Apache-2.0
#include "summary/regret_table.hpp"

#include <gmock/gmock.h>

#include "common/text_wrap.hpp"

namespace arbiter::test {

namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

RegretRow row_of(std::string selector, RegretSource source, int tp_size, std::string fusion, Regret grid,
                 Regret holdout = {}) {
  return {std::move(selector), source, tp_size, std::move(fusion), 3, grid, holdout};
}

const Regret good{100, 0, 0.0004, 0.01, 0.0164, 0.98};
const Regret bad{100, 0, 2.7643, 12.5, 50.3912, 0.104};
const Regret unknown{100, 100, 0.0, 0.0, 0.0, 0.0};

}  // namespace

TEST(RegretTable, HasOneAlignedLinePerSelector) {
  EXPECT_THAT(regret_table({row_of("lut", RegretSource::heuristic, 2, "", good),
                            row_of("trtllm", RegretSource::compared, 2, "", bad)}),
              ElementsAre("selector             mean     p95    worst in 1% regions",
                          "lut                  0.04    1.00     1.64  98 %       3",
                          "trtllm (compared)  276.43 1250.00  5039.12  10 %       3"));
}

TEST(RegretTable, HasTheHoldoutBesideTheGridWhereThereIsOne) {
  EXPECT_THAT(regret_table({row_of("lut", RegretSource::heuristic, 2, "", good, bad),
                            row_of("always A", RegretSource::reference, 2, "", bad)}),
              ElementsAre("selector    mean     p95    worst in 1% |    mean     p95    worst in 1% regions",
                          "lut         0.04    1.00     1.64  98 % |  276.43 1250.00  5039.12  10 %       3",
                          "always A  276.43 1250.00  5039.12  10 % |       -       -        -     -       3"));
}

TEST(RegretTable, CountsChoicesWithoutATimeAndNoRegionsOfMeasuredTimes) {
  EXPECT_THAT(regret_table({row_of("gone", RegretSource::compared, 2, "", unknown),
                            row_of("AUTO", RegretSource::measured, 2, "", good)}),
              ElementsAre("selector            mean     p95    worst in 1% regions no time",
                          "gone (compared)        -       -        -     -       3     100",
                          "AUTO as measured    0.04    1.00     1.64  98 %               0"));
}

TEST(RegretTable, FitsThePageWithEveryColumn) {
  EXPECT_THAT(regret_table({row_of("best byte threshold", RegretSource::reference, 2, "", bad, bad),
                            row_of("gone", RegretSource::heuristic, 2, "", unknown, unknown)}),
              Each(SizeIs(::testing::Le(summary_width))));
}

TEST(RegretTables, AreOnePerTpSizeAndOneOverSeveral) {
  std::vector<RegretRow> rows = {row_of("lut", RegretSource::heuristic, 0, "", good, good),
                                 row_of("lut", RegretSource::heuristic, 2, "", good, good),
                                 row_of("lut", RegretSource::heuristic, 2, "NONE", good, good)};
  EXPECT_THAT(regret_tables(rows), SizeIs(4));
  EXPECT_EQ(regret_tables(rows)[1],
            "Regret in percent, tp 2, all fusions: grid of 100 cells | holdout of 100, never fitted");
  rows.push_back(row_of("lut", RegretSource::heuristic, 4, "", good));
  EXPECT_THAT(regret_tables(rows), Contains("Regret in percent, tp 4, all fusions: grid of 100 cells"));
  EXPECT_THAT(
      regret_tables(rows),
      Contains("Regret in percent, all tp sizes and fusions: grid of 100 cells | holdout of 100, never fitted"));
  EXPECT_THAT(regret_details(rows),
              Contains("Regret in percent, tp 2, NONE: grid of 100 cells | holdout of 100, never fitted"));
}

TEST(RegretTables, OfFusionsAreDetailsAndThoseOverAllFusionsAreNot) {
  const std::vector<RegretRow> rows = {
      row_of("lut", RegretSource::heuristic, 0, "", good), row_of("lut", RegretSource::heuristic, 2, "", good),
      row_of("lut", RegretSource::heuristic, 2, "NONE", good), row_of("lut", RegretSource::heuristic, 2, "X", bad),
      row_of("lp", RegretSource::heuristic, 2, "X", good)};
  const std::string heading = "selector    mean     p95    worst in 1% regions";
  EXPECT_THAT(regret_details(rows), ElementsAre("", "Regret in percent, tp 2, NONE: grid of 100 cells", heading,
                                                "lut         0.04    1.00     1.64  98 %       3", "",
                                                "Regret in percent, tp 2, X: grid of 100 cells", heading,
                                                "lut       276.43 1250.00  5039.12  10 %       3",
                                                "lp          0.04    1.00     1.64  98 %       3"));
  EXPECT_THAT(regret_tables(rows), ElementsAre("", "Regret in percent, tp 2, all fusions: grid of 100 cells", heading,
                                               "lut         0.04    1.00     1.64  98 %       3"));
}

TEST(RegretTables, SayTheLargestNumberOfCellsOfTheirRows) {
  Regret few = good;
  few.cells = 40;
  EXPECT_EQ(regret_tables({row_of("a", RegretSource::heuristic, 2, "", few, few),
                           row_of("b", RegretSource::heuristic, 2, "", good, unknown)})[1],
            "Regret in percent, tp 2, all fusions: grid of 100 cells | holdout of 100, never fitted");
}

TEST(RegretTable, CountsTheUnmeasuredChoicesOfBothData) {
  Regret three = good;
  three.unmeasured = 3;
  Regret four = good;
  four.unmeasured = 4;
  EXPECT_THAT(regret_table({row_of("a", RegretSource::heuristic, 2, "", three, four)}),
              ElementsAre("selector    mean     p95    worst in 1% |    mean     p95    worst in 1% regions no time",
                          "a           0.04    1.00     1.64  98 % |    0.04    1.00     1.64  98 %       3       7"));
  EXPECT_THAT(regret_table({row_of("a", RegretSource::heuristic, 2, "", good, four)})[1],
              ::testing::EndsWith("       4"));
}

}  // namespace arbiter::test
