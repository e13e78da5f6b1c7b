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
  EXPECT_THAT(text, AllOf(HasSubstr("# Two cells\n\nMeasured on cpu.\n\n## tp 2, NONE\n\n| tokens |"),
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
