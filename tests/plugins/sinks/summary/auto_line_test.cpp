#include "summary/auto_line.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "support/unwrapped.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Dataset with_auto() {
  Dataset data(Machine{"cpu", {}});
  for (const std::int64_t tokens : {1, 2}) {
    data.add(decision_row(cell_of(128, tokens), "MPI", 10.0));
    data.add(decision_row(cell_of(128, tokens), "ONESHOT", 20.0));
    data.add(decision_row(cell_of(128, tokens), "AUTO", tokens == 1 ? 10.5 : 9.8));
  }
  return data;
}

std::string text_of(const DecisionsReport& end) { return unwrapped(auto_lines(end.report, regret_report(end.report))); }

std::vector<std::shared_ptr<const Selector>> choosing(const std::string& strategy) {
  return {std::make_shared<FunctionSelector>("lut", [strategy](const Problem&) { return strategy; })};
}

}  // namespace

TEST(AutoLines, TellTheMeasuredExcessAndTheDriftBesideIt) {
  const DecisionsReport end(with_auto(), choosing("MPI"));
  EXPECT_THAT(text_of(end),
              AllOf(HasSubstr("AUTO as measured: grid mean 1.50 %, worst 5.00 % over the best of the cell in 2 cells."),
                    HasSubstr("measured after the others"), HasSubstr("mean 3.50 %"), HasSubstr("worst 5.00 %"),
                    Not(HasSubstr("holdout"))));
}

TEST(AutoLines, TellTheHoldoutToo) {
  DecisionsReport end(with_auto(), choosing("MPI"));
  end.holdout.add(decision_row(cell_of(100, 3), "MPI", 10.0));
  end.holdout.add(decision_row(cell_of(100, 3), "AUTO", 12.0));
  EXPECT_THAT(text_of(end), HasSubstr("holdout mean 20.00 %"));
}

TEST(AutoLines, AreNoneIfAutoWasNotMeasured) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "MPI", 10.0));
  EXPECT_EQ(text_of(DecisionsReport(data, choosing("MPI"))), "");
}

}  // namespace arbiter::test
