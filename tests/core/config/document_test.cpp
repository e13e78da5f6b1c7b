// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/config_catalogue.hpp"

namespace arbiter {
namespace {

using test::config_mistakes;
using test::config_names;
using test::config_of;
using ::testing::ElementsAre;

const std::string sweep = "problems:\n  tp_size: [2, 4]\n  hidden_size: 8\n  num_tokens: 1\n";

TEST(Overrides, ReplaceValuesAndAddKeys) {
  const Config config = config_of(sweep, {"problems.tp_size=[8]", "problems.num_tokens={from: 1, to: 4, factor: 2}",
                                          "measurement.seed=7", "output_dir=here", "measurement.seed=8"});
  EXPECT_THAT(config.tp_sizes, ElementsAre(8));
  EXPECT_THAT(config.num_tokens, ElementsAre(1, 2, 4));
  EXPECT_EQ(config.measurement.seed, 8);
  EXPECT_EQ(config.output_dir, "here");
}

TEST(Overrides, ReachIntoLists) {
  EXPECT_THAT(config_of(sweep, {"problems.tp_size.1=16", "problems.tp_size.2=32"}).tp_sizes, ElementsAre(2, 16, 32));
}

TEST(Overrides, MayHoldEqualSignsInTheirValue) { EXPECT_EQ(config_of(sweep, {"output_dir=a=b"}).output_dir, "a=b"); }

class OverriddenPlugin : public ::testing::TestWithParam<const char*> {};

TEST_P(OverriddenPlugin, KeepsTheOthersWhateverFormTheSectionHas) {
  const Config config = config_of(sweep + GetParam(), {"strategies.ONESHOT.chunk_kib=64"});
  ASSERT_THAT(config_names(config.strategies), ElementsAre("MPI", "ONESHOT", "TWOSHOT"));
  EXPECT_EQ(config.strategies[1].parameters.integer("chunk_kib"), 64);
  EXPECT_EQ(config.strategies[2].parameters.integer("chunk_kib"), 256);
}

INSTANTIATE_TEST_SUITE_P(Forms, OverriddenPlugin,
                         ::testing::Values("", "strategies: all\n", "strategies: [MPI, ONESHOT, TWOSHOT]\n",
                                           "strategies: [MPI, ONESHOT: {chunk_kib: 32}, TWOSHOT]\n",
                                           "strategies: {MPI: , ONESHOT: , TWOSHOT: }\n",
                                           "strategies: {MPI: , ONESHOT: {chunk_kib: 32}, TWOSHOT: }\n"));

TEST(Overrides, AddAPluginToASection) {
  EXPECT_THAT(config_names(config_of(sweep + "strategies: MPI\n", {"strategies.TWOSHOT="}).strategies),
              ElementsAre("MPI", "TWOSHOT"));
  EXPECT_THAT(config_names(config_of(sweep, {"heuristics.oracle="}).heuristics), ElementsAre("lut", "lp", "oracle"));
  const Config config = config_of(sweep, {"strategies.RING.strategy=MPI", "strategies.RING.table_id=120"});
  EXPECT_THAT(config_names(config.strategies), ElementsAre("MPI", "ONESHOT", "TWOSHOT", "RING"));
}

TEST(Overrides, ReachFusionsUnderProblems) {
  const Config config = config_of(sweep, {"problems.fusion.RESIDUAL_RMS_NORM.eps=0.5"});
  ASSERT_THAT(config_names(config.fusions), ElementsAre("NONE", "RESIDUAL_RMS_NORM"));
  EXPECT_DOUBLE_EQ(config.fusions[1].parameters.real("eps"), 0.5);
}

TEST(Overrides, ReplaceAMistakeOfTheFile) {
  EXPECT_EQ(config_mistakes(sweep + "backend: hots\n", {"backend=host"}), "no mistake");
}

TEST(Overrides, DoNotReachThroughAnAliasIntoItsOrigin) {
  const std::string text = "problems: {tp_size: 2, hidden_size: &size [8], num_tokens: *size}\nstrategies: MPI\n";
  const Config config = config_of(text, {"problems.num_tokens.0=16"});
  EXPECT_THAT(config.hidden_sizes, ElementsAre(8));
  EXPECT_THAT(config.num_tokens, ElementsAre(16));
}

struct Mistake {
  const char* override_text;
  const char* message;
};

class OverrideMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(OverrideMistake, NamesTheOptionFoundAndAllowed) {
  EXPECT_EQ(config_mistakes(sweep, {"backend=host", GetParam().override_text}), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Options, OverrideMistake,
    ::testing::Values(
        Mistake{"problems.tp_size=1", "--set problems.tp_size=1: found 1; allowed: a whole number in 2..1024"},
        Mistake{"problems.tp_size=[2, 1]",
                "--set problems.tp_size=[2, 1]: found 1; allowed: a whole number in 2..1024"},
        Mistake{"problems.tp_size=2,4",
                "--set problems.tp_size=2,4: found 2,4; allowed: a whole number in 2..1024; write 24, or a list in "
                "brackets: [1, 2]"},
        Mistake{"problems.tp_size.0=1",
                "--set problems.tp_size.0=1: problems.tp_size: found 1; allowed: a whole "
                "number in 2..1024"},
        Mistake{"problems.tp_size.3=8",
                "--set problems.tp_size.3=8: problems.tp_size: a list has no 3; allowed: an index from 0 to 2"},
        Mistake{"problems.tp_size.from=2",
                "--set problems.tp_size.from=2: problems.tp_size: a list has no from; allowed: an index from 0 to 2"},
        Mistake{"problems.hidden_size.to=2",
                "--set problems.hidden_size.to=2: problems.hidden_size: 8 has no to; "
                "allowed: --set problems.hidden_size=... as a whole"},
        Mistake{"problems.hiden_size=8",
                "--set problems.hiden_size=8: unknown key; did you mean hidden_size? Allowed: tp_size, dtype, fusion, "
                "hidden_size, num_tokens, holdout"},
        Mistake{"problem.tp_size=8",
                "--set problem.tp_size=8: problem: unknown key; did you mean problems? Allowed: backend, problems, "
                "strategies, heuristics, compare, sinks, measurement, plugins, output_dir, enable_auto"},
        Mistake{"strategies.ONESHOT.chunk_kib=0",
                "--set strategies.ONESHOT.chunk_kib=0: found 0; allowed: a whole number in 1..65536"},
        Mistake{
            "strategies.ONESHOOT.chunk_kib=1",
            "--set strategies.ONESHOOT.chunk_kib=1: strategies: unknown strategy ONESHOOT of the host backend; did "
            "you mean ONESHOT? Allowed: MPI, ONESHOT, TWOSHOT; your own name for a strategy needs strategy: <name>"},
        Mistake{"strategies=[MPI, MPI]", "--set strategies=[MPI, MPI]: MPI is given twice"},
        Mistake{"measurement.seed=", "--set measurement.seed=: found nothing; allowed: a whole number in 0.."},
        Mistake{"measurement.seed",
                "--set measurement.seed: allowed: key.path=value, as in measurement.time_target_ms=100"},
        Mistake{"=5", "--set =5: allowed: key.path=value, as in measurement.time_target_ms=100"},
        Mistake{"a..b=5", "--set a..b=5: allowed: key.path=value, as in measurement.time_target_ms=100"},
        Mistake{"sinks={csv: , csv: }", "--set sinks={csv: , csv: }: csv: given twice; the first is in line 1"}));

TEST(Overrides, ReportValuesThatAreNoYaml) {
  EXPECT_THAT(config_mistakes(sweep, {"problems.tp_size=[2"}),
              ::testing::StartsWith("--set problems.tp_size=[2: not YAML: "));
}

TEST(Overrides, AreReportedAfterTheFile) {
  EXPECT_EQ(
      config_mistakes(sweep + "sink: csv\n", {"problems.tp_size=1", "problems.num_tokens=0"}),
      "sweep.yaml:5:1: sink: unknown key; did you mean sinks? Allowed: backend, problems, strategies, heuristics, "
      "compare, sinks, measurement, plugins, output_dir, enable_auto\n"
      "--set problems.tp_size=1: found 1; allowed: a whole number in 2..1024\n"
      "--set problems.num_tokens=0: found 0; allowed: a whole number in 1..16777216");
}

TEST(Overrides, KeepAListsRepetitionAMistake) {
  EXPECT_EQ(config_mistakes(sweep + "strategies: [MPI, MPI]\n", {"strategies.ONESHOT="}),
            "sweep.yaml:5:19: strategies: MPI is given twice");
}

}  // namespace
}  // namespace arbiter
