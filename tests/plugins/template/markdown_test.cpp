// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/files.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Dataset two_cells() {
  Dataset data(Machine{"cpu", {}});
  data.add(decision_row(cell_of(64, 2), "A", 3.0));
  data.add(decision_row(cell_of(64, 2), "B", 2.5));
  data.add(decision_row(cell_of(64, 2), "AUTO", 1.0));
  data.add(failed_row(cell_of(64, 4), "A"));
  return data;
}

TEST(MarkdownReport, NamesTheWinnerAndTheNextOfEachShape) {
  DecisionsReport run(two_cells());
  load_plugin<Sink>(MARKDOWN_PLUGIN, {{"title", "Two cells"}})->write(run.report);
  const auto text = read_file(run.report.run.output_dir / "report.md");
  EXPECT_THAT(
      text,
      AllOf(
          HasSubstr("# Two cells\n\nMeasured on cpu: allreduce, context back_to_back.\n\n## tp 2, NONE\n\n| tokens |"),
          HasSubstr("\n| 2 | 64 | bfloat16 | 256 | B | 2.50 | A | 3.00 |\n"),
          HasSubstr("\n| 4 | 64 | bfloat16 | 512 | nothing usable | | | |\n"), Not(HasSubstr("AUTO")),
          Not(HasSubstr("Selectors"))));
  EXPECT_THAT(run.said, ElementsAre(HasSubstr("report.md")));
}

TEST(MarkdownReport, HasTheRegretOfEverySelectorAndEscapesNames) {
  const auto first = std::make_shared<FunctionSelector>("a|b", [](const Problem&) { return "A"; });
  const auto second = std::make_shared<FunctionSelector>("blind", [](const Problem&) { return "C"; });
  DecisionsReport run(two_cells(), {first, second});
  load_plugin<Sink>(MARKDOWN_PLUGIN)->write(run.report);
  EXPECT_THAT(read_file(run.report.run.output_dir / "report.md"),
              AllOf(HasSubstr("\n| a\\|b | 20.00 % | 20.00 % | 20.00 % | 0.00 % |\n"),
                    HasSubstr("\n| blind | no time for any choice | | | |\n")));
}

TEST(MarkdownReport, NamesTheTableIdsOfStrategies) {
  Dataset data = two_cells();
  data.add(decision_row(cell_of(64, 2), "ONESHOT", 4.0));
  DecisionsReport run(std::move(data));
  load_plugin<Sink>(MARKDOWN_PLUGIN)->write(run.report);
  EXPECT_THAT(read_file(run.report.run.output_dir / "report.md"),
              AllOf(HasSubstr("\n| A | none | 2 | 1 |\n"), HasSubstr("\n| ONESHOT | 4 | 1 | 0 |\n"),
                    Not(HasSubstr("Not measured"))));
}

TEST(MarkdownReport, CountsTheReasonsOfWhatWasNotMeasured) {
  DecisionsReport run(two_cells());
  const auto sink = load_plugin<Sink>(MARKDOWN_PLUGIN);
  sink->begin(run.run);
  sink->skipped(cell_of(64, 8), "A", "too large");
  sink->skipped(cell_of(64, 9), "A", "too large");
  sink->write(run.report);
  EXPECT_THAT(read_file(run.report.run.output_dir / "report.md"), HasSubstr("\n## Not measured\n\n- too large: 2\n"));
  sink->begin(run.run);
  sink->write(run.report);
  EXPECT_THAT(read_file(run.report.run.output_dir / "report.md"), Not(HasSubstr("too large"))) << "of another run";
}

TEST(MarkdownRows, AreWrittenAsTheyAreMeasuredAndContinued) {
  DecisionsReport run(two_cells());
  const auto file = run.run.output_dir / "rows.md";
  const auto write_rows = [&](bool continues, std::size_t count) {
    RunInfo info = run.run;
    info.continues = continues;
    const auto sink = load_plugin<Sink>(MARKDOWN_PLUGIN);
    sink->begin(info);
    for (std::size_t i = 0; i < count; ++i) sink->measured(run.dataset.rows()[i]);
  };
  write_rows(false, 1);
  const auto first = read_file(file);
  EXPECT_THAT(first, HasSubstr("\n| tp 2, bfloat16, NONE, 2 tokens x 64 | A | 3.00 us |\n"));
  write_rows(true, 2);
  EXPECT_THAT(read_file(file), ::testing::StartsWith(first));
  EXPECT_THAT(read_file(file), HasSubstr("| B | 2.50 us |\n"));
  write_rows(false, 1);
  EXPECT_EQ(read_file(file), first);
  EXPECT_TRUE(std::filesystem::exists(file.string() + ".1"));
}

TEST(MarkdownReport, LeavesNoHalfReportBehind) {
  DecisionsReport run(two_cells());
  const auto sink = load_plugin<Sink>(MARKDOWN_PLUGIN);
  sink->write(run.report);
  sink->write(run.report);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(run.report.run.output_dir)) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, ElementsAre("report.md"));
}

}  // namespace

}  // namespace arbiter::test
