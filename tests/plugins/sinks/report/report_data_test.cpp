// SPDX-License-Identifier: Apache-2.0
#include "report/report_data.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

using nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Measurement in_context(Context context, const std::string& strategy, double time_us) {
  Measurement row = decision_row(cell_of(1024, 4), strategy, time_us);
  row.setting = {"cuda", 1, "allreduce", true, context};
  return row;
}

/// One cell in two contexts; the engine context decides.
struct TwoContexts : DecisionsReport {
  TwoContexts()
      : DecisionsReport(data(), {std::make_shared<FunctionSelector>("mine", [](const Problem&) { return "TWOSHOT"; })}),
        all(dataset) {
    all.add(in_context(Context::back_to_back, "ONESHOT", 1.0));
    report.setting = {"cuda", 1, "allreduce", true, Context::engine};
    report.all_rows = &all;
  }
  static Dataset data() {
    Dataset rows(Machine{"sm90", {{"gpu", "H200"}}});
    rows.add(in_context(Context::engine, "ONESHOT", 2.0));
    rows.add(in_context(Context::engine, "NCCL", 4.0));
    return rows;
  }
  Dataset all;
};

}  // namespace

TEST(ReportData, HasAGroupWithEachContextTheDecidingOneFirst) {
  TwoContexts end;
  const ordered_json page = report_data(end.report, {});
  ASSERT_EQ(page.at("groups").size(), 1U);
  const auto& group = page.at("groups").at(0);
  EXPECT_EQ(group.at("tp"), 2);
  EXPECT_EQ(group.at("element_bytes"), 2);
  EXPECT_EQ(group.at("how"), "cuda, allreduce, CUDA graph");
  EXPECT_DOUBLE_EQ(group.at("gain"), 2.0);
  ASSERT_EQ(group.at("contexts").size(), 2U);
  EXPECT_EQ(group.at("contexts").at(0).at("name"), "engine");
  EXPECT_EQ(group.at("contexts").at(0).at("decides"), true);
  EXPECT_EQ(group.at("contexts").at(0).at("rows").size(), 2U);
  EXPECT_EQ(group.at("contexts").at(1).at("rows").at(0).at(3), 1.0);
  const std::size_t chosen = group.at("choices").at("1024 4").at(0);
  EXPECT_EQ(page.at("strategies").at(chosen).at(0), "TWOSHOT") << "a choice that was never measured has an index too";
}

TEST(ReportData, KeepsGroupsOfOtherSettingsApart) {
  TwoContexts end;
  Measurement eager = in_context(Context::engine, "ONESHOT", 9.0);
  eager.setting.graph = false;
  end.all.add(eager);
  Measurement other = in_context(Context::engine, "ONESHOT", 9.0);
  other.problem.dtype = DType::float32;
  end.all.add(other);
  const ordered_json page = report_data(end.report, {});
  std::vector<std::string> names;
  for (const auto& group : page.at("groups")) {
    names.push_back(group.at("dtype").get<std::string>() + ", " + group.at("how").get<std::string>());
  }
  EXPECT_THAT(names, ElementsAre("bfloat16, cuda, allreduce, CUDA graph", "float32, cuda, allreduce, CUDA graph",
                                 "bfloat16, cuda, allreduce, eager"));
}

TEST(ReportData, ListsFailedSuspectAndSkippedCellsWithTheirReasons) {
  TwoContexts end;
  Measurement failed = in_context(Context::engine, "TWOSHOT", Measurement::none);
  failed.failed = true;
  failed.reason = "wrong value in row 3";
  end.all.add(failed);
  Measurement suspect = in_context(Context::engine, "MPI", 0.5);
  suspect.suspect = true;
  suspect.lower_bound_us = 1.0;
  suspect.holdout = true;
  end.all.add(suspect);
  const ordered_json page = report_data(end.report, {{{failed.problem, "TWOSHOT"}, "failed: wrong value in row 3"},
                                                     {{cell_of(1024, 8), "NCCL"}, "no memory"},
                                                     {{cell_of(1024, 16), "NCCL"}, "no memory"}});
  const auto& troubles = page.at("troubles");
  ASSERT_EQ(troubles.size(), 2U);
  EXPECT_EQ(troubles.at(0), ordered_json::array({"failed", "TWOSHOT", "tp 2, bfloat16, NONE, 4 tokens x 1024", "engine",
                                                 "wrong value in row 3"}));
  EXPECT_EQ(troubles.at(1).at(4), "0.5 us is less than the lower bound of 1 us");
  EXPECT_EQ(
      page.at("skipped"),
      ordered_json::array({ordered_json::array({"2", "no memory", "tp 2, bfloat16, NONE, 8 tokens x 1024, NCCL"})}));
}

TEST(ReportData, DoesNotBreakTheLinesOfTheVerdict) {
  TwoContexts end;
  for (const int tp_size : {4, 8}) {
    Measurement row = in_context(Context::engine, fmt::format("A_STRATEGY_OF_{}_RANKS", tp_size), 1.0);
    row.problem.tp_size = tp_size;
    end.dataset.add(row);
  }
  const std::string first = report_data(end.report, {}).at("verdict").at(0);
  EXPECT_THAT(first, HasSubstr("A_STRATEGY_OF_4_RANKS at every size"));
  EXPECT_THAT(first, HasSubstr("A_STRATEGY_OF_8_RANKS at every size"));
  EXPECT_EQ(first.find("  "), std::string::npos);
}

TEST(ReportData, HasTheVerdictTheRegretAndTheMachine) {
  TwoContexts end;
  end.run.runs = {{"20261128-031357-1a2b", "2026-11-28T03:13:57Z", "0.2.0", 1.0}};
  const ordered_json page = report_data(end.report, {});
  EXPECT_THAT(page.at("verdict").at(0).get<std::string>(), HasSubstr("ONESHOT at every size"));
  EXPECT_EQ(page.at("facts"), ordered_json::array({ordered_json::array({"gpu", "H200"})}));
  EXPECT_EQ(page.at("runs").at(0).at(3), 1.0);
  EXPECT_EQ(page.at("setting"), "cuda, allreduce, graph, context engine");
  EXPECT_EQ(page.at("regret").at(0).at(0), "mine");
  EXPECT_EQ(page.at("regret").at(0).at(5).at(1), 1) << "the choice was not measured";
}

}  // namespace arbiter::test
