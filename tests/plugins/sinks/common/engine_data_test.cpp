// SPDX-License-Identifier: Apache-2.0
#include "common/engine_data.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

Dataset two_timings() {
  Dataset data;
  for (const bool graph : {true, false}) {
    Measurement row = decision_row(cell_of(128, 1), "ONESHOT", graph ? 1.0 : 2.0);
    row.setting.graph = graph;
    data.add(row);
  }
  Measurement eager = decision_row({4, DType::bfloat16, "NONE", 128, 1}, "ONESHOT", 3.0);
  data.add(eager);
  return data;
}

}  // namespace

TEST(EngineData, LetsOneStrategyStandForSeveralPathsAndDropsTheRest) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "ONESHOT", 1.0));
  data.add(decision_row(cell_of(128, 1), "AUTO", 0.5));
  const Dataset paths = times_of_paths(data, {{"custom", {"ONESHOT", "TWOSHOT"}}, {"push", {"ONESHOT"}}});
  EXPECT_EQ(paths.strategies(), (std::vector<std::string>{"custom", "push"}));
  EXPECT_TRUE(has_times(paths, "push"));
  EXPECT_FALSE(has_times(paths, "ONESHOT"));
}

TEST(EngineData, TakesGraphTimesOfEachTpSizeThatHasThem) {
  const Dataset data = timed_as_engines_decode(two_timings());
  ASSERT_EQ(data.rows().size(), 2U);
  EXPECT_EQ(data.rows()[0].time_us, 1.0);
  EXPECT_EQ(data.rows()[1].time_us, 3.0);
}

TEST(EngineData, ReadsTheSmVersionOfThePlatformOrSaysThatThereIsNone) {
  for (const auto& [platform, version] : {std::pair{"sm90", 90}, {"sm103", 103}}) {
    const DecisionsReport end(Dataset(Machine{platform, {}}));
    EXPECT_EQ(sm_version(end.report, "x"), version);
  }
  for (const char* platform : {"", "cpu", "sm", "sm9x"}) {
    const DecisionsReport end(Dataset(Machine{platform, {}}));
    EXPECT_FALSE(sm_version(end.report, "x").has_value()) << platform;
    EXPECT_EQ(end.said.size(), 1U);
  }
}

TEST(PythonText, WritesMebibytesThatReadBackExactly) {
  EXPECT_EQ(mib_text(std::int64_t{64} * 1024 * 1024), "64");
  EXPECT_EQ(mib_text(std::int64_t{512} * 1024), "0.5");
  for (const std::int64_t bytes : {1, 2880 * 2, 2880 * 2 * 333, 123456789}) {
    EXPECT_EQ(std::stod(mib_text(bytes)) * 1024 * 1024, static_cast<double>(bytes));
  }
  EXPECT_EQ(python_text({{2, "64"}, {8, "(0, 1)"}}), "{2: 64, 8: (0, 1)}");
  EXPECT_EQ(python_text({}), "{}");
}

TEST(EngineData, ComparesNamesWithTheStrategiesOfTheDataIfThereAreAny) {
  const std::vector<EnginePath> paths = {{"custom", {"ONESHOT"}}, {"nccl", {}}};
  const DecisionsReport measured(two_timings());
  EXPECT_TRUE(names_strategies(measured.report, "x", "X", paths));
  EXPECT_THROW((void)names_strategies(measured.report, "x", "X", {{"custom", {"ONESHOT", "TWOSHOT"}}}), DataError);
  EXPECT_TRUE(measured.said.empty());
  const DecisionsReport without_rows{Dataset(Machine{"sm90", {}})};
  EXPECT_TRUE(names_strategies(without_rows.report, "x", "X", paths));
  EXPECT_FALSE(names_strategies(without_rows.report, "x", "X", {{"custom", {}}}));
  EXPECT_THAT(without_rows.said, ::testing::ElementsAre(::testing::HasSubstr("names in the data: none")));
}

TEST(EngineData, FindsTheRowsThatDifferInGraphOrEagerOnly) {
  const auto row = [](Context context, bool graph, double time_us) {
    Measurement made = decision_row(cell_of(128, 1), "NCCL", time_us);
    made.setting = {"cuda", 1, "allreduce", graph, context};
    return made;
  };
  Dataset all(Machine{"sm90", {}});
  all.add(row(Context::engine, true, 1.0));
  all.add(row(Context::engine, false, 2.0));
  all.add(row(Context::back_to_back, false, 3.0));
  Measurement held = row(Context::engine, false, 4.0);
  held.holdout = true;
  all.add(held);
  Dataset own(all.machine());
  own.add(all.rows().front());
  DecisionsReport end(own);
  end.report.setting = all.rows().front().setting;
  end.report.all_rows = &all;
  ASSERT_EQ(timed_in_graphs(end.report, true).rows().size(), 1U);
  EXPECT_EQ(timed_in_graphs(end.report, true).rows().front().time_us, 1.0);
  ASSERT_EQ(timed_in_graphs(end.report, false).rows().size(), 1U);
  EXPECT_EQ(timed_in_graphs(end.report, false).rows().front().time_us, 2.0);
  end.report.all_rows = nullptr;
  EXPECT_TRUE(timed_in_graphs(end.report, false).empty());
}

}  // namespace arbiter::test
