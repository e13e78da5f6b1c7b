// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "arbiter/regret.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

Dataset two_strategies() {
  Dataset data(Machine{"cpu", {}});
  data.add(decision_row(cell_of(128, 1), "MPI", 20.0));
  data.add(decision_row(cell_of(128, 1), "ONESHOT", 10.0));
  return data;
}

}  // namespace

TEST(RegretSink, WritesTheReportAsCsv) {
  DecisionsReport end(two_strategies(),
                      {std::make_shared<FunctionSelector>("mine", [](const Problem&) { return "ONESHOT"; })});
  load_plugin<Sink>(REGRET_PLUGIN)->write(end.report);
  const auto text = read_file(end.run.output_dir / "regret.csv");
  EXPECT_EQ(text, regret_csv(regret_report(end.report), end.report));
  EXPECT_THAT(text, ::testing::HasSubstr("\nalways MPI,reference,grid,2,NONE,1,0,100.0000,"));
  EXPECT_THAT(end.said, ::testing::ElementsAre(::testing::HasSubstr("regret.csv")));
}

TEST(RegretSink, NamesTheSettingAndTheRunsInEveryLine) {
  DecisionsReport end(two_strategies());
  end.report.setting = {"cuda", 1, "allreduce", true, Context::engine};
  end.run.runs = {{"one", "", ""}, {"two", "", ""}};
  load_plugin<Sink>(REGRET_PLUGIN)->write(end.report);
  const auto text = read_file(end.run.output_dir / "regret.csv");
  EXPECT_THAT(text, ::testing::HasSubstr(",regions,op,graph,context,run_id,schema\n"));
  EXPECT_THAT(text, ::testing::HasSubstr(",allreduce,true,engine,one two,3\n"));
}

TEST(RegretSink, WithoutDataWritesNothing) {
  DecisionsReport end{Dataset{}};
  load_plugin<Sink>(REGRET_PLUGIN)->write(end.report);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir / "regret.csv"));
}

}  // namespace arbiter::test
