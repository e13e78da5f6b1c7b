#include "arbiter/regret.hpp"

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

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

}  // namespace arbiter::test
