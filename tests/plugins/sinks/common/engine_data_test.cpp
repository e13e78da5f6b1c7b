// SPDX-License-Identifier: Apache-2.0
#include "common/engine_data.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
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

TEST(EngineData, IsMadeOfBfloat16OrElseOfTheFirstDtypeAndNamesTheOthers) {
  const auto with = [](const std::vector<DType>& dtypes) {
    Dataset data(Machine{"sm90", {}});
    for (const DType dtype : dtypes) data.add(decision_row({2, dtype, "NONE", 128, 1}, "A", 1.0));
    return data;
  };
  EXPECT_EQ(artefact_dtype(Dataset{}), DType::bfloat16);
  EXPECT_EQ(artefact_dtype(with({DType::float32, DType::bfloat16})), DType::bfloat16);
  EXPECT_EQ(artefact_dtype(with({DType::float32, DType::float16})), DType::float16);
  const DecisionsReport end{Dataset{}};
  EXPECT_EQ(of_artefact_dtype(end.report, with({DType::float16}), "x").rows().size(), 1U);
  EXPECT_TRUE(end.said.empty());
  const Dataset left = of_artefact_dtype(end.report, with({DType::float32, DType::bfloat16, DType::float16}), "x");
  EXPECT_THAT(left.dtypes(), ::testing::ElementsAre(DType::bfloat16));
  EXPECT_EQ(left.machine().platform, "sm90");
  EXPECT_THAT(end.said, ::testing::ElementsAre("x: made of bfloat16; float16, float32 in the data are left out"));
}

TEST(EngineData, HasTimesOnlyWhereARowIsUsable) {
  Dataset paths;
  paths.add(failed_row(cell_of(128, 1), "a"));
  paths.add(decision_row(cell_of(128, 1), "b", 1.0));
  EXPECT_FALSE(has_times(paths, "a"));
  EXPECT_TRUE(has_times(paths, "b"));
  EXPECT_FALSE(has_times(Dataset{}, "b"));
  const Regret regret = regret_of(FunctionSelector("rule", [](const Problem&) { return std::string("b"); }), paths);
  EXPECT_EQ(regret.cells, 1);
  EXPECT_EQ(regret.worst, 0.0);
}

TEST(EngineData, FindsASelectorByNameOrTakesTheFirst) {
  const auto made = [](const char* name) {
    return std::make_shared<FunctionSelector>(name, [](const Problem&) { return std::string(); });
  };
  const DecisionsReport end(Dataset{}, {made("lut"), made("lp")});
  EXPECT_EQ(find_selector(end.report, "", "x").name(), "lut");
  EXPECT_EQ(find_selector(end.report, "lp", "x").name(), "lp");
  const auto message = [](const Report& report, const std::string& name) -> std::string {
    try {
      return find_selector(report, name, "x").name();
    } catch (const DataError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(message(end.report, "cost_model"), "x: selector: found cost_model, allowed: lut, lp");
  EXPECT_EQ(message(DecisionsReport{Dataset{}}.report, ""), "x: no heuristic made a selector to write");
}

TEST(EngineData, SaysWhereItComesFrom) {
  EXPECT_EQ(origin_text(Machine{"sm90", {{"gpu", "NVIDIA H100"}}}), "measured on sm90 (NVIDIA H100)");
  EXPECT_EQ(origin_text(Machine{"cpu", {{"cpu", "EPYC"}}}), "measured on cpu");
  DecisionsReport end{Dataset{}};
  end.report.setting = {"cuda", 1, "allreduce", true, Context::engine};
  EXPECT_THAT(origin_lines(end.report, std::nullopt),
              ::testing::ElementsAre("Setting: cuda, allreduce, graph, context engine."));
  end.run.runs = {{"1a", "2026-11-28T03:13:57Z", "0.2.0 (aa)"}, {"2b", "2026-11-29T03:13:57Z", "0.2.0 (bb)"}};
  end.run.mixed = {"the drivers differ", "the GPUs differ"};
  EXPECT_THAT(origin_lines(end.report, DType::float16),
              ::testing::ElementsAre("Setting: cuda, allreduce, graph, context engine, float16.",
                                     "Run 1a of 2026-11-28T03:13:57Z, Arbiter 0.2.0 (aa).",
                                     "Run 2b of 2026-11-29T03:13:57Z, Arbiter 0.2.0 (bb).",
                                     "Joined although the drivers differ.", "Joined although the GPUs differ."));
}

TEST(EngineData, SaysWhichTpSizesAreMissing) {
  const DecisionsReport end{Dataset{}};
  report_missing(end.report, "x", "LIMITS", {2, 4}, {{2, "1"}, {4, "1"}});
  EXPECT_TRUE(end.said.empty());
  report_missing(end.report, "x", "LIMITS", {2, 4, 8}, {{4, "1"}});
  EXPECT_THAT(end.said, ::testing::ElementsAre("x: LIMITS has no tp 2, 8: not measured"));
}

TEST(EngineData, SaysThatTheEngineRunsOnGpusAndTakesNoVersionZero) {
  const DecisionsReport end(Dataset(Machine{"sm0", {}}));
  EXPECT_FALSE(sm_version(end.report, "x").has_value());
  EXPECT_THAT(end.said,
              ::testing::ElementsAre(
                  R"(x: nothing to write: the data are of platform "sm0", the engine runs on GPUs ("sm90"))"));
  const DecisionsReport one(Dataset(Machine{"sm1", {}}));
  EXPECT_EQ(sm_version(one.report, "x"), 1);
}

}  // namespace arbiter::test
