// SPDX-License-Identifier: Apache-2.0
#include "summary/trust.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "support/unwrapped.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// 10 us, known to +-`half_width`.
Measurement measured(std::int64_t tokens, double half_width, const std::string& run) {
  Measurement row = decision_row(cell_of(128, tokens), "MPI", 10.0);
  row.ci_low_us = 10.0 - half_width;
  row.ci_high_us = 10.0 + half_width;
  row.run_id = run;
  row.setting.backend = "host";
  return row;
}

std::string text(const DecisionsReport& end) { return unwrapped(trust_lines(end.report, regret_report(end.report))); }

}  // namespace

TEST(TrustLines, CountTheRowsThatMissedThePrecisionOfTheirRun) {
  Dataset data(Machine{"cpu", {}});
  data.add(measured(1, 0.1, "fine"));
  data.add(measured(2, 0.2, "fine"));
  data.add(measured(4, 0.5, "coarse"));
  data.add(measured(8, Measurement::none, "fine"));
  data.add(measured(16, 5.0, "nothing is known of this run"));
  DecisionsReport end(std::move(data), {});
  end.run.runs = {{"fine", "", "", 1.0}, {"coarse", "", "", 6.0}};
  EXPECT_THAT(text(end),
              AllOf(HasSubstr("2 of 4 rows missed their precision of +-6 %, the worst with +-2.0 %, 1 have too "
                              "few samples for an interval"),
                    HasSubstr("time_target_ms")));
}

TEST(TrustLines, TellOfRanksThatShareCores) {
  for (const auto& [cores, ranks] : {std::pair{"1", true}, std::pair{"2", false}, std::pair{"64", false}}) {
    Dataset data(Machine{"cpu", {{"cores", cores}}});
    data.add(measured(1, 0.1, ""));
    const DecisionsReport end(std::move(data), {});
    EXPECT_EQ(text(end).find("2 ranks shared 1 cores (2.0 per core)") != std::string::npos, ranks) << cores;
  }
}

TEST(TrustLines, NameSelectorsThatOneByteThresholdBeatsOnTheHoldout) {
  Dataset data(Machine{"cpu", {}});
  const auto add = [](Dataset& to, std::int64_t tokens) {
    to.add(decision_row(cell_of(128, tokens), "ONESHOT", tokens <= 8 ? 10.0 : 20.0));
    to.add(decision_row(cell_of(128, tokens), "MPI", tokens <= 8 ? 20.0 : 10.0));
  };
  for (const std::int64_t tokens : {1, 8, 16, 64}) add(data, tokens);
  DecisionsReport end(std::move(data),
                      {std::make_shared<FunctionSelector>("always_mpi", [](const Problem&) { return "MPI"; }),
                       std::make_shared<FunctionSelector>(
                           "right", [](const Problem& p) { return p.num_tokens <= 8 ? "ONESHOT" : "MPI"; })});
  for (const std::int64_t tokens : {2, 32}) add(end.holdout, tokens);
  EXPECT_THAT(text(end),
              HasSubstr("one byte threshold is better (mean regret 0.00 %) than always_mpi (50.00 %): off the "
                        "grid use right (0.00 %), or measure"));
  end.report.selectors.pop_back();
  EXPECT_THAT(text(end), HasSubstr("than always_mpi (50.00 %): off the grid use the threshold, or measure"));
}

TEST(TrustLines, AreNotThereWhereNothingLimitsTheTrust) {
  Dataset data(Machine{"cpu", {{"cores", "2"}}});
  data.add(measured(1, 0.1, "fine"));
  DecisionsReport end(std::move(data), {});
  end.run.runs = {{"fine", "", "", 1.0}};
  EXPECT_THAT(trust_lines(end.report, regret_report(end.report)), IsEmpty());
}

}  // namespace arbiter::test
