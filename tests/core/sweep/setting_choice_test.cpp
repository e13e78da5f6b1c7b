// SPDX-License-Identifier: Apache-2.0
#include "sweep/setting_choice.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;

const std::vector<Context> engine_first = {Context::engine, Context::isolated, Context::back_to_back};

Measurement row_in(Context context, bool graph = true, int tp_size = 2, int hosts = 1) {
  Measurement row = decision_row({tp_size, DType::bfloat16, "NONE", 128, 1}, "NCCL", 1.0);
  row.setting = {"cuda", hosts, "allreduce", graph, context};
  return row;
}

Dataset of(const std::vector<Measurement>& rows) {
  Dataset data(Machine{"sm90", {}});
  for (const auto& row : rows) data.add(row);
  return data;
}

}  // namespace

TEST(SettingChoice, TakesTheFirstContextOfTheConfigThatWasMeasured) {
  const Dataset data = of({row_in(Context::back_to_back), row_in(Context::engine), row_in(Context::engine_early)});
  EXPECT_EQ(choose_setting(data, engine_first, true).context, Context::engine);
  EXPECT_EQ(choose_setting(data, {Context::engine_early, Context::engine}, true).context, Context::engine_early);
  EXPECT_EQ(choose_setting(data, {Context::isolated}, true).context, Context::back_to_back);
  EXPECT_EQ(choose_setting(Dataset{}, engine_first, true).context, Context::engine);
}

TEST(SettingChoice, TakesGraphsOrEagerRunsAsTheConfigSaysWhereThereAreBoth) {
  const Dataset both = of({row_in(Context::engine, true), row_in(Context::engine, false)});
  EXPECT_TRUE(choose_setting(both, engine_first, true).graph);
  EXPECT_FALSE(choose_setting(both, engine_first, false).graph);
  EXPECT_FALSE(choose_setting(of({row_in(Context::engine, false)}), engine_first, true).graph);
}

TEST(SettingChoice, PrefersTheSettingsOfAllReduceAndOfFilesThatNameTheirBackend) {
  Measurement other_op = row_in(Context::engine);
  other_op.setting.op = "reduce_scatter";
  Measurement unnamed = row_in(Context::back_to_back);
  unnamed.setting.backend.clear();
  const Setting chosen = choose_setting(of({other_op, unnamed, row_in(Context::back_to_back)}), engine_first, true);
  EXPECT_EQ(chosen, row_in(Context::back_to_back).setting);
}

TEST(SettingChoice, OfEachTpSizeTakesTheFewestHosts) {
  const Dataset data = of({row_in(Context::engine, true, 8, 1), row_in(Context::engine, true, 8, 2),
                           row_in(Context::engine, true, 16, 2), row_in(Context::back_to_back, true, 16, 4)});
  const Setting chosen = choose_setting(data, engine_first, true);
  EXPECT_EQ(chosen.hosts, 2);
  const Dataset own = rows_of(data, chosen);
  ASSERT_EQ(own.rows().size(), 2U);
  EXPECT_EQ(own.rows()[0].setting.hosts, 1);
  EXPECT_EQ(own.rows()[1].problem.tp_size, 16);
  EXPECT_EQ(own.machine().platform, "sm90");
}

TEST(SettingChoice, IsNamedWithTheOthersInTheData) {
  const Dataset data = of({row_in(Context::back_to_back), row_in(Context::engine), row_in(Context::engine, false)});
  EXPECT_EQ(describe_choice(data, choose_setting(data, engine_first, true)),
            "decisions, tables and pictures are of cuda, allreduce, graph, context engine; in the data are also: "
            "cuda, allreduce, graph, context back_to_back; cuda, allreduce, eager, context engine");
  const Dataset one = of({row_in(Context::engine)});
  EXPECT_EQ(describe_choice(one, choose_setting(one, engine_first, true)),
            "decisions, tables and pictures are of cuda, allreduce, graph, context engine");
}

TEST(SettingChoice, WithoutAKeyInTheConfigCsvsDecideByWhatIsNearestToAnEngine) {
  MeasurementConfig config;
  config.contexts = {Context::isolated};
  EXPECT_THAT(deciding_contexts(config, true), ElementsAre(Context::isolated));
  EXPECT_THAT(deciding_contexts(config, false),
              ElementsAre(Context::engine, Context::isolated, Context::back_to_back, Context::engine_early));
  config.contexts_given = true;
  EXPECT_THAT(deciding_contexts(config, false), ElementsAre(Context::isolated));
}

}  // namespace arbiter::test
