// SPDX-License-Identifier: Apache-2.0
#include "sweep/recorded_strategies.hpp"

#include <gmock/gmock.h>

#include "support/config_catalogue.hpp"
#include "sweep/run_provenance.hpp"
#include "sweep/strategy_ids.hpp"

namespace arbiter::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

constexpr const char* shapes = "problems: {tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}\n";

class RecordedStrategies : public ::testing::Test {
 protected:
  RecordedStrategies() { plugins_.load_dir(BUILT_PLUGINS); }

  [[nodiscard]] Config config_of(const std::string& text, bool data_dir_mode) const {
    return ConfigText(text, "sweep.yaml").validate(plugins_, data_dir_mode);
  }
  /// Of a run on the host with this configuration.
  [[nodiscard]] Provenance recorded(const std::string& strategies) const {
    const auto config = config_of("backend: host\n" + std::string(shapes) + strategies, false);
    return make_provenance(config, plugins_, {"cpu", {}}, "20261128-031357-1a2b", {"runner"});
  }

  PluginHost plugins_;
};

TEST_F(RecordedStrategies, AreWhatTheRunMeasuredWithWhereTheConfigurationNamesNone) {
  const auto run = recorded("strategies: {SMALL: {strategy: TWOSHOT, chunk_kib: 16, table_id: 117}, MPI: }\n");
  Config config = config_of("heuristics: [lut]\n", true);
  config.backend = "cuda";
  add_recorded_strategies(config, {run}, plugins_);
  const auto defined = strategy_definitions(config);
  ASSERT_THAT(config_names(config.strategies), ElementsAre("SMALL", "MPI"));
  EXPECT_EQ(defined[0].strategy, "TWOSHOT");
  EXPECT_EQ(defined[0].backend, "host");
  EXPECT_THAT(defined[0].parameters, ::testing::Contains(Pair("chunk_kib", "16")));
  EXPECT_THAT(table_id_of("SMALL", config, plugins_), Optional(117));
  EXPECT_THAT(strategy_of_id(117, config, plugins_), Optional(std::string("SMALL")));
}

TEST_F(RecordedStrategies, AddToTheNamesThatTheConfigurationHas) {
  const auto run = recorded("strategies: {MPI: , RING: {strategy: MPI, algorithm: ring, table_id: 117}}\n");
  Config config = config_of("backend: host\nstrategies: {MPI: {algorithm: ring}}\n", true);
  add_recorded_strategies(config, {run}, plugins_);
  ASSERT_THAT(config_names(config.strategies), ElementsAre("MPI", "RING"));
  EXPECT_EQ(config.strategies[0].parameters.text("algorithm"), "ring");
  EXPECT_THAT(table_id_of("RING", config, plugins_), Optional(117));
}

TEST_F(RecordedStrategies, AreThoseOfTheFirstRunThatHasTheName) {
  const auto first = recorded("strategies: {MINE: {strategy: TWOSHOT, chunk_kib: 16, table_id: 117}}\n");
  const auto second = recorded(
      "strategies: {MINE: {strategy: TWOSHOT, chunk_kib: 32, table_id: 118}, MORE: {strategy: MPI, table_id: 119}}\n");
  Config config = config_of("heuristics: [lut]\n", true);
  add_recorded_strategies(config, {first, second}, plugins_);
  ASSERT_THAT(config_names(config.strategies), ElementsAre("MINE", "MORE"));
  EXPECT_THAT(table_id_of("MINE", config, plugins_), Optional(117));
}

TEST_F(RecordedStrategies, GiveUpATableIdThatAnotherStrategyHas) {
  const auto first = recorded("strategies: {RING: {strategy: MPI, algorithm: ring, table_id: 117}}\n");
  const auto second = recorded("strategies: {SMALL: {strategy: TWOSHOT, chunk_kib: 16, table_id: 117}}\n");
  Config joined = config_of("heuristics: [lut]\n", true);
  add_recorded_strategies(joined, {first, second}, plugins_);
  ASSERT_THAT(config_names(joined.strategies), ElementsAre("RING", "SMALL"));
  EXPECT_THAT(table_id_of("RING", joined, plugins_), Optional(117));
  EXPECT_THAT(table_id_of("SMALL", joined, plugins_), ::testing::Eq(std::nullopt));

  Config config = config_of("backend: host\nstrategies: {MINE: {strategy: MPI, table_id: 117}}\n", true);
  add_recorded_strategies(config, {first}, plugins_);
  EXPECT_THAT(strategy_of_id(117, config, plugins_), Optional(std::string("MINE")));
  EXPECT_THAT(table_id_of("RING", config, plugins_), ::testing::Eq(std::nullopt));
}

TEST_F(RecordedStrategies, KeepTheirParametersWhereTheTextOfTheConfigurationIsOfNoUse) {
  auto run = recorded("strategies: {SMALL: {strategy: TWOSHOT, chunk_kib: 16, table_id: 117}}\n");
  run.config = "strategies: [";
  Config config = config_of("heuristics: [lut]\n", true);
  add_recorded_strategies(config, {run}, plugins_);
  const auto defined = strategy_definitions(config);
  ASSERT_EQ(defined.size(), 1U);
  EXPECT_EQ(defined[0].strategy, "TWOSHOT");
  EXPECT_THAT(table_id_of("SMALL", config, plugins_), ::testing::Eq(std::nullopt));
}

TEST_F(RecordedStrategies, WithoutARecordThoseOfThisMachineAreNotTakenForThem) {
  Config config = config_of("heuristics: [lut]\n", true);
  ASSERT_FALSE(config.strategies.empty());
  add_recorded_strategies(config, {}, plugins_);
  EXPECT_THAT(strategy_definitions(config), IsEmpty());

  Measurement row;
  row.problem = {2, DType::bfloat16, "NONE", 64, 1};
  row.run_id = "20261128-031357-1a2b";
  Dataset rows;
  for (const char* name : {"MPI", "SMALL", "AUTO"}) {
    row.strategy = name;
    rows.add(row);
  }
  EXPECT_THAT(unrecorded_strategies(rows, config, plugins_),
              AllOf(HasSubstr("what SMALL is is not known: no run.<id>.json"), HasSubstr("no parameters of it")));
  PluginChoice small;
  small.name = "SMALL";
  config.strategies.push_back(small);
  EXPECT_EQ(unrecorded_strategies(rows, config, plugins_), "");
}

}  // namespace
}  // namespace arbiter::test
