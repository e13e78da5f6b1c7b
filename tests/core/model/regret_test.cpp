// SPDX-License-Identifier: Apache-2.0
#include "arbiter/regret.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

Dataset hundred_cells() {
  Dataset data;
  for (std::int64_t tokens = 1; tokens <= 100; ++tokens) {
    data.add(decision_row(cell_of(128, tokens), "GOOD", 10.0));
    data.add(decision_row(cell_of(128, tokens), "BAD", 10.0 + 0.1 * static_cast<double>(tokens)));
  }
  return data;
}

}  // namespace

TEST(Regret, IsNothingForTheBestChoice) {
  const Regret regret = regret_of(FunctionSelector("s", [](const Problem&) { return "GOOD"; }), hundred_cells());
  EXPECT_EQ(regret.cells, 100);
  EXPECT_EQ(regret.unmeasured, 0);
  EXPECT_EQ(regret.worst, 0.0);
  EXPECT_EQ(regret.within_one_percent, 1.0);
}

TEST(Regret, IsTheRelativeExcessOfTheChoice) {
  const Regret regret = regret_of(FunctionSelector("s", [](const Problem&) { return "BAD"; }), hundred_cells());
  EXPECT_NEAR(regret.mean, 0.505, 1e-12);
  EXPECT_NEAR(regret.p95, 0.95, 1e-12);
  EXPECT_NEAR(regret.worst, 1.0, 1e-12);
  EXPECT_NEAR(regret.within_one_percent, 0.01, 1e-12);
}

TEST(Regret, CountsCellsWhoseChoiceHasNoTimeApart) {
  Dataset data = hundred_cells();
  data.add(failed_row(cell_of(256, 1), "GOOD"));
  data.add(failed_row(cell_of(128, 1), "BAD"));
  const auto mixed = [](const Problem& problem) { return problem.num_tokens <= 10 ? "UNKNOWN" : "GOOD"; };
  const Regret regret = regret_of(FunctionSelector("s", mixed), data);
  EXPECT_EQ(regret.cells, 100);
  EXPECT_EQ(regret.unmeasured, 10);
  EXPECT_EQ(regret.mean, 0.0);
  EXPECT_EQ(to_string(regret),
            "mean 0.00 %, p95 0.00 %, worst 0.00 %, within 1 % in 100 % of 90 cells; in 10 more the choice was not "
            "measured");
}

TEST(Regret, SaysWhichFigureIsWhichAndNamesEvenOneCellWithoutATime) {
  Regret regret{.cells = 105, .mean = 0.0031, .p95 = 0.019, .worst = 0.0742, .within_one_percent = 0.92};
  const std::string all = "mean 0.31 %, p95 1.90 %, worst 7.42 %, within 1 % in 92 % of ";
  EXPECT_EQ(to_string(regret), all + "105 cells");
  regret.unmeasured = 1;
  EXPECT_EQ(to_string(regret), all + "104 cells; in 1 more the choice was not measured");
  regret.unmeasured = 105;
  EXPECT_EQ(to_string(regret), "none of 105 cells has a time for the chosen strategy");
}

TEST(Regret, OfExactlyOnePercentIsWithinOnePercent) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "BEST", 100.0));
  data.add(decision_row(cell_of(128, 1), "OTHER", 101.0));
  data.add(decision_row(cell_of(128, 2), "BEST", 100.0));
  data.add(decision_row(cell_of(128, 2), "OTHER", 101.001));
  const Regret regret = regret_of(FunctionSelector("s", [](const Problem&) { return "OTHER"; }), data);
  EXPECT_EQ(regret.within_one_percent, 0.5);
}

TEST(Regret, OfNothingSaysSo) {
  const FunctionSelector selector("s", [](const Problem&) { return "A"; });
  EXPECT_EQ(regret_of(selector, Dataset{}).cells, 0);
  EXPECT_EQ(to_string(Regret{}), "none of 0 cells has a time for the chosen strategy");
}

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::shared_ptr<const Selector> choosing(std::string name, const std::string& strategy) {
  return std::make_shared<FunctionSelector>(std::move(name), [strategy](const Problem&) { return strategy; });
}

Problem in(int tp_size, const std::string& fusion, std::int64_t tokens) {
  return {tp_size, DType::bfloat16, fusion, 128, tokens};
}

/// NCCL 20 % slower than ONESHOT at tp 2, as fast at tp 4; on the holdout twice as slow.
Dataset two_tp_sizes() {
  Dataset data(Machine{"sm90", {}});
  for (const int tp_size : {2, 4}) {
    for (const char* fusion : {"NONE", "RESIDUAL_RMS_NORM"}) {
      data.add(decision_row(in(tp_size, fusion, 1), "NCCL", tp_size == 2 ? 12.0 : 10.0));
      data.add(decision_row(in(tp_size, fusion, 1), "ONESHOT", 10.0));
      data.add(decision_row(in(tp_size, fusion, 1), "AUTO", 10.5));
    }
  }
  return data;
}

class RegretReport : public ::testing::Test {
 protected:
  RegretReport() {
    end_.report.compared = {choosing("theirs", "NCCL"), choosing("odd, one", "MIN_LATENCY")};
    end_.holdout.add(decision_row(in(2, "NONE", 3), "NCCL", 20.0));
    end_.holdout.add(decision_row(in(2, "NONE", 3), "ONESHOT", 10.0));
  }
  DecisionsReport end_{two_tp_sizes(), {choosing("lut", "ONESHOT")}};
};

const RegretRow& row_named(const std::vector<RegretRow>& rows, const std::string& name, int tp_size,
                           const std::string& fusion) {
  for (const auto& row : rows) {
    if (row.selector == name && row.tp_size == tp_size && row.fusion == fusion) return row;
  }
  throw std::runtime_error("no row " + name);
}

}  // namespace

TEST_F(RegretReport, HasEverySelectorPerTpSizeAndFusionAndOverAll) {
  std::vector<std::string> over_all;
  std::vector<std::string> of_lut;
  for (const auto& row : regret_report(end_.report)) {
    if (row.tp_size == 0) over_all.push_back(row.selector);
    if (row.selector == "lut") of_lut.push_back(std::to_string(row.tp_size) + row.fusion);
  }
  EXPECT_THAT(over_all, ElementsAre("lut", "theirs", "odd, one", "always NCCL", "best constant strategy",
                                    "best byte threshold", "AUTO"));
  EXPECT_THAT(of_lut, ElementsAre("0", "2", "2NONE", "2RESIDUAL_RMS_NORM", "4", "4NONE", "4RESIDUAL_RMS_NORM"));
}

TEST_F(RegretReport, JudgesGridAndHoldoutApart) {
  const auto rows = regret_report(end_.report);
  const auto& theirs = row_named(rows, "theirs", 2, "");
  EXPECT_EQ(theirs.source, RegretSource::compared);
  EXPECT_NEAR(theirs.grid.mean, 0.2, 1e-12);
  EXPECT_EQ(theirs.grid.cells, 2);
  EXPECT_NEAR(theirs.holdout.mean, 1.0, 1e-12);
  EXPECT_EQ(theirs.holdout.cells, 1);
  EXPECT_NEAR(row_named(rows, "theirs", 0, "").grid.mean, 0.1, 1e-12);
  EXPECT_EQ(row_named(rows, "lut", 0, "").grid.worst, 0.0);
  EXPECT_EQ(row_named(rows, "odd, one", 2, "NONE").grid.unmeasured, 1);
}

TEST_F(RegretReport, HasAutoByItsOwnTimesAgainstTheBestOfTheOthers) {
  const auto rows = regret_report(end_.report);
  const auto& measured = row_named(rows, "AUTO", 0, "");
  EXPECT_EQ(measured.source, RegretSource::measured);
  EXPECT_NEAR(measured.grid.mean, 0.05, 1e-12);
  EXPECT_EQ(measured.holdout.cells, 1);
  EXPECT_EQ(measured.holdout.unmeasured, 1);
}

TEST_F(RegretReport, CountsTheRegionsOfChoicesOnTheGrid) {
  Dataset data(Machine{"sm90", {}});
  for (const auto tokens : powers_of_two(1, 8)) {
    data.add(decision_row(in(2, "NONE", tokens), "A", 1.0));
    data.add(decision_row(in(2, "OTHER", tokens), "A", 1.0));
  }
  const DecisionsReport other(data, {std::make_shared<FunctionSelector>("flips", [](const Problem& problem) {
                                return problem.num_tokens % 4 == 0 && problem.fusion == "NONE" ? "B" : "A";
                              })});
  const auto rows = regret_report(other.report);
  EXPECT_EQ(row_named(rows, "flips", 2, "NONE").regions, 2);
  EXPECT_EQ(row_named(rows, "flips", 2, "OTHER").regions, 1);
  EXPECT_EQ(row_named(rows, "flips", 2, "").regions, 3);
}

TEST_F(RegretReport, OfNothingIsEmpty) {
  const DecisionsReport other(Dataset{}, {choosing("lut", "A")});
  EXPECT_TRUE(regret_report(other.report).empty());
}

TEST_F(RegretReport, AsCsvHasALineForEachSelectorDataTpSizeAndFusion) {
  const auto text = regret_csv(regret_report(end_.report), end_.report);
  EXPECT_THAT(text, ::testing::StartsWith(
                        "selector,source,data,tp_size,fusion,cells,unmeasured,mean_percent,"
                        "p95_percent,worst_percent,share_within_1_percent,regions,op,graph,context,run_id,schema\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "\ntheirs,compared,grid,all,all,4,0,10.0000,20.0000,20.0000,0.5000,4,allreduce,false,back_to_back,,3\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "\ntheirs,compared,holdout,2,NONE,1,0,100.0000,100.0000,100.0000,0.0000,,allreduce,false,back_to_back,,3\n"));
  EXPECT_LT(text.find("\ntheirs,compared,grid,2,NONE,"), text.find("\ntheirs,compared,holdout,2,NONE,"));
  EXPECT_THAT(text, HasSubstr("\n\"odd, one\",compared,grid,2,NONE,1,1,,,,,1,allreduce,false,back_to_back,,3\n"));
  EXPECT_THAT(
      text, HasSubstr("\nAUTO,measured,grid,4,all,2,0,5.0000,5.0000,5.0000,0.0000,,allreduce,false,back_to_back,,3\n"));
  EXPECT_THAT(text, Not(HasSubstr("lut,heuristic,holdout,4")));
}

}  // namespace arbiter::test
