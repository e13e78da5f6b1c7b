// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

DecisionsReport small_run() {
  Dataset data(Machine{"cpu", {{"cpu", "EPYC"}}});
  data.add(decision_row(cell_of(128, 1), "MPI", 20.0));
  data.add(decision_row(cell_of(128, 1), "ONESHOT", 10.0));
  data.add(failed_row(cell_of(128, 1), "TWOSHOT"));
  return DecisionsReport(data, {std::make_shared<FunctionSelector>("mine", [](const Problem&) { return "ONESHOT"; })});
}

}  // namespace

TEST(Summary, SaysAndWritesTheSameTables) {
  DecisionsReport end = small_run();
  load_plugin<Sink>(SUMMARY_PLUGIN)->write(end.report);
  const std::string text = read_file(end.run.output_dir / "summary.txt");
  ASSERT_GT(end.said.size(), 2U);
  for (std::size_t i = 0; i + 1 < end.said.size(); ++i) EXPECT_THAT(text, HasSubstr(end.said[i] + "\n"));
  EXPECT_THAT(end.said, Contains("  2  NONE         1    2.00x  ONESHOT 100 %, MPI 0 %, TWOSHOT 0 %"));
  EXPECT_THAT(end.said, Contains("1 measurements failed and are not in the table"));
  EXPECT_THAT(end.said.back(), HasSubstr("summary.txt"));
}

TEST(Summary, BeginsWithTheVerdict) {
  DecisionsReport end = small_run();
  load_plugin<Sink>(SUMMARY_PLUGIN)->write(end.report);
  EXPECT_EQ(end.said.front().rfind("Fastest, or within 1 %, in 100 % of 1 cells: tp 2: ONESHOT at every size", 0), 0U);
  EXPECT_EQ(read_file(end.run.output_dir / "summary.txt").rfind(end.said.front() + "\nGain over MPI: ", 0), 0U);
}

TEST(Summary, WritesTheMachineAndEachHeuristicsReportToTheFile) {
  DecisionsReport end = small_run();
  load_plugin<Sink>(SUMMARY_PLUGIN)->write(end.report);
  const std::string text = read_file(end.run.output_dir / "summary.txt");
  EXPECT_THAT(text, HasSubstr("cpu: EPYC\n"));
  EXPECT_THAT(text, HasSubstr("mine says nothing\n"));
  EXPECT_THAT(end.said, Not(Contains("mine says nothing")));
}

TEST(Summary, IndentsWhatALongLineOfAReportGoesOnWithByEight) {
  const std::string name(90, 'n');
  DecisionsReport end(small_run().dataset,
                      {std::make_shared<FunctionSelector>(name, [](const Problem&) { return "ONESHOT"; })});
  load_plugin<Sink>(SUMMARY_PLUGIN)->write(end.report);
  EXPECT_THAT(read_file(end.run.output_dir / "summary.txt"), HasSubstr("\n" + name + " says\n        nothing\n"));
}

TEST(Summary, SaysTheReportsTooOnRequest) {
  DecisionsReport end = small_run();
  load_plugin<Sink>(SUMMARY_PLUGIN, {{"reports", "true"}})->write(end.report);
  EXPECT_THAT(end.said, Contains("mine says nothing"));
}

TEST(Summary, WithoutSelectorsHasNoRegretTable) {
  DecisionsReport end{Dataset(Machine{"cpu", {}})};
  load_plugin<Sink>(SUMMARY_PLUGIN)->write(end.report);
  EXPECT_THAT(read_file(end.run.output_dir / "summary.txt"), Not(HasSubstr("Regret")));
}

}  // namespace arbiter::test
