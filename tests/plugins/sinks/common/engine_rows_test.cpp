// SPDX-License-Identifier: Apache-2.0
#include "common/engine_rows.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/decisions_report.hpp"
#include "support/engine_kernels.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr EngineSource source = {"x", "X", "X_CUSTOM: {strategy: PYTHON}"};
const std::vector<EnginePath> kernels = {{"custom", {"X_CUSTOM"}}, {"push", {"X_PUSH"}}};
const std::vector<EnginePath> libraries = {{"nccl", {"NCCL"}}};

Measurement row(const std::string& strategy, Context context, double time_us, bool graph = true) {
  Measurement made = decision_row(cell_of(128, 1), strategy, time_us);
  made.setting = {"cuda", 1, "allreduce", graph, context};
  return made;
}

struct Data {
  explicit Data(const std::vector<Measurement>& rows) : all(Machine{"sm90", {}}) {
    for (const Measurement& one : rows) all.add(one);
    end.emplace(all.of_setting(all.rows().front().setting));
    end->report.setting = all.rows().front().setting;
    end->report.all_rows = &all;
  }
  Dataset all;
  std::optional<DecisionsReport> end;
};

}  // namespace

TEST(EngineRows, AreOfTheEngineContextWhicheverContextDecides) {
  Data data({row("X_CUSTOM", Context::back_to_back, 1.0), row("X_CUSTOM", Context::engine, 2.0),
             row("NCCL", Context::engine, 3.0, false), row("X_CUSTOM", Context::engine_early, 4.0)});
  const auto rows = engine_rows(data.end->report, source, kernels, libraries);
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->setting().context, Context::engine);
  std::vector<double> times;
  for (const Measurement& one : rows->rows.rows()) times.push_back(one.time_us);
  EXPECT_THAT(times, ElementsAre(2.0, 3.0));
  EXPECT_TRUE(data.end->said.empty());
}

TEST(EngineRows, LeaveOutTheHoldoutOtherOperationsAndRunsOnMoreHosts) {
  Measurement held = row("X_CUSTOM", Context::engine, 1.0);
  held.holdout = true;
  Measurement other = row("X_CUSTOM", Context::engine, 2.0);
  other.setting.op = "gemm_allreduce";
  Measurement spread = row("X_CUSTOM", Context::engine, 3.0);
  spread.setting.hosts = 2;
  Data data({row("X_CUSTOM", Context::engine, 4.0), held, other, spread});
  const auto rows = engine_rows(data.end->report, source, kernels);
  ASSERT_TRUE(rows.has_value());
  ASSERT_EQ(rows->rows.rows().size(), 1U);
  EXPECT_EQ(rows->rows.rows().front().time_us, 4.0);
}

TEST(EngineRows, HaveTheHoldoutOfTheSameHostsToJudgeBy) {
  const auto held = [](double time_us, Context context = Context::engine, int hosts = 1) {
    Measurement made = row("X_CUSTOM", context, time_us);
    made.holdout = true;
    made.setting.hosts = hosts;
    return made;
  };
  Data data({row("X_CUSTOM", Context::engine, 1.0), held(2.0), held(3.0, Context::back_to_back),
             held(4.0, Context::engine, 2)});
  const auto rows = engine_rows(data.end->report, source, kernels);
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->rows.rows().size(), 1U);
  ASSERT_EQ(rows->holdout.rows().size(), 1U);
  EXPECT_EQ(rows->holdout.rows().front().time_us, 2.0);
}

TEST(EngineRows, TakeTheReportsHoldoutWhereItsDataAreAll) {
  Data data({row("X_CUSTOM", Context::engine, 1.0)});
  data.end->report.all_rows = nullptr;
  data.end->holdout.add(row("X_CUSTOM", Context::engine, 2.0));
  EXPECT_EQ(engine_rows(data.end->report, source, kernels)->holdout.rows().front().time_us, 2.0);
}

TEST(EngineRows, AreJudgedByAHoldoutThatWasTimedAsTheyWere) {
  Measurement eager = row("X_CUSTOM", Context::engine, 2.0, false);
  Measurement other = row("X_CUSTOM", Context::engine, 3.0);
  other.problem.dtype = DType::float16;
  Data data({row("X_CUSTOM", Context::engine, 1.0)});
  EngineRows rows{data.all, Dataset()};
  for (const Measurement& one : {eager, other, row("X_CUSTOM", Context::engine, 4.0)}) rows.holdout.add(one);
  keep_artefact_rows(rows, data.end->report, "x");
  ASSERT_EQ(rows.holdout.rows().size(), 1U);
  EXPECT_EQ(rows.holdout.rows().front().time_us, 4.0);
}

TEST(EngineRows, SayWhatToAddWhereNoKernelOfTheEngineWasMeasured) {
  Data data({row("NCCL", Context::engine, 1.0), row("ONESHOT", Context::engine, 2.0)});
  EXPECT_FALSE(engine_rows(data.end->report, source, kernels, libraries).has_value());
  EXPECT_THAT(data.end->said,
              ElementsAre("x: nothing to write: X's own kernels were not measured in the engine context: in the engine "
                          "context are NCCL, ONESHOT; looked for X_CUSTOM, X_PUSH; to measure them, add them to "
                          "`strategies:`, as configs/engines.yaml does: X_CUSTOM: {strategy: PYTHON}, with `context: "
                          "engine`"));
}

TEST(EngineRows, NeverAreOfAnotherContext) {
  Data data({row("X_CUSTOM", Context::back_to_back, 1.0)});
  EXPECT_FALSE(engine_rows(data.end->report, source, kernels).has_value());
  EXPECT_THAT(data.end->said,
              ElementsAre(AllOf(HasSubstr("the data of these are of the context back_to_back"),
                                HasSubstr("a file without the column `context` counts as back_to_back"))));
}

TEST(EngineRows, DoNotCountFailures) {
  Measurement failed = row("X_CUSTOM", Context::engine, 1.0);
  failed.failed = true;
  Data data({failed});
  EXPECT_FALSE(engine_rows(data.end->report, source, kernels).has_value());
  DecisionsReport nothing{Dataset(Machine{"sm90", {}})};
  EXPECT_FALSE(engine_rows(nothing.report, source, kernels).has_value());
  EXPECT_THAT(nothing.said, ElementsAre(HasSubstr("there are no data")));
}

TEST(EngineRows, RefuseArbitersOwnKernels) {
  Data data({row("ONESHOT", Context::engine, 1.0)});
  try {
    static_cast<void>(engine_rows(data.end->report, source, kernels, {{"nccl", {"NCCL", "ONESHOT"}}}));
    FAIL() << "took a kernel that no engine runs";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "x: nccl: found ONESHOT, which is Arbiter's own kernel, allowed: strategies that run a kernel of X");
  }
}

TEST(EngineHead, NamesTheSettingThePathsAndWhatWasNotMeasured) {
  Data data({row("NCCL", Context::back_to_back, 1.0), row("X_CUSTOM", Context::engine, 2.0)});
  const auto rows = engine_rows(data.end->report, source, kernels);
  ASSERT_TRUE(rows.has_value());
  EXPECT_THAT(engine_head("For X 1.2", data.end->report, *rows, DType::bfloat16, source, kernels),
              ElementsAre("For X 1.2, measured on sm90.", "Setting: cuda, allreduce, graph, context engine, bfloat16.",
                          "X's paths were measured as: custom: X_CUSTOM.", "Not measured: push."));
}

}  // namespace arbiter::test
