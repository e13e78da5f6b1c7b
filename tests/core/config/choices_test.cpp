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
using ::testing::IsEmpty;

const std::string problems = "problems: {tp_size: 2, hidden_size: 8, num_tokens: 1}\n";

TEST(Choices, DefaultToWhatIsInstalledForTheBackend) {
  const Config config = config_of(problems);
  EXPECT_EQ(config.backend, "host");
  EXPECT_THAT(config_names(config.fusions), ElementsAre("NONE", "RESIDUAL_RMS_NORM"));
  EXPECT_THAT(config_names(config.strategies), ElementsAre("MPI", "ONESHOT", "TWOSHOT"));
  EXPECT_THAT(config_names(config.heuristics), ElementsAre("lut", "lp"));
  EXPECT_THAT(config_names(config.sinks), ElementsAre("csv", "cpp_table"));
  EXPECT_EQ(config.strategies[1].table_id, 4);
  EXPECT_EQ(config.strategies[1].parameters.integer("chunk_kib"), 128);
}

TEST(Choices, TakeAllOfAKind) {
  const Config config = config_of(problems + "strategies: all\nheuristics: all\n");
  EXPECT_THAT(config_names(config.strategies), ElementsAre("MPI", "ONESHOT", "TWOSHOT"));
  EXPECT_THAT(config_names(config.heuristics), ElementsAre("lp", "lut", "oracle"));
}

struct Form {
  const char* yaml;
  int chunk_kib;
};

class ChoiceForm : public ::testing::TestWithParam<Form> {};

TEST_P(ChoiceForm, GivesNamesAndParameters) {
  const Config config = config_of(problems + "strategies: " + GetParam().yaml);
  ASSERT_THAT(config_names(config.strategies), ElementsAre("TWOSHOT", "MPI"));
  EXPECT_EQ(config.strategies[0].parameters.integer("chunk_kib"), GetParam().chunk_kib);
}

INSTANTIATE_TEST_SUITE_P(Forms, ChoiceForm,
                         ::testing::Values(Form{"[TWOSHOT, MPI]", 256}, Form{"{TWOSHOT: , MPI: {}}", 256},
                                           Form{"{TWOSHOT: {chunk_kib: 64}, MPI: ~}", 64},
                                           Form{"[TWOSHOT: {chunk_kib: 64}, MPI]", 64},
                                           Form{"\n  - TWOSHOT:\n      chunk_kib: 64\n  - MPI\n", 64}));

TEST(Choices, TakeOneName) {
  EXPECT_THAT(config_names(config_of(problems + "strategies: MPI").strategies), ElementsAre("MPI"));
}

TEST(Choices, RunAPluginUnderAnotherName) {
  const Config config = config_of(problems +
                                  "strategies:\n"
                                  "  MPI:\n"
                                  "  MPI_RING: {strategy: MPI, algorithm: ring, table_id: 120}\n"
                                  "heuristics:\n"
                                  "  plain: {heuristic: lut, mode: argmin, fallback: NCCL}\n"
                                  "  lut:\n");
  ASSERT_EQ(config.strategies.size(), 2U);
  EXPECT_EQ(config.strategies[1].name, "MPI_RING");
  EXPECT_EQ(config.strategies[1].plugin, "MPI");
  EXPECT_EQ(config.strategies[1].table_id, 120);
  EXPECT_EQ(config.strategies[1].parameters.text("algorithm"), "ring");
  EXPECT_EQ(config.strategies[0].parameters.text("algorithm"), "default");
  EXPECT_EQ(config.heuristics[0].plugin, "lut");
  EXPECT_EQ(config.heuristics[0].parameters.text("fallback"), "NCCL");
}

TEST(Choices, MayBeNoHeuristic) { EXPECT_THAT(config_of(problems + "heuristics: []").heuristics, IsEmpty()); }

struct Mistake {
  const char* yaml;     ///< from line 2
  const char* message;  ///< after "sweep.yaml:"
};

class ChoiceMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(ChoiceMistake, NamesPositionKeyFoundAndAllowed) {
  EXPECT_EQ(config_mistakes(problems + GetParam().yaml), std::string("sweep.yaml:") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Names, ChoiceMistake,
    ::testing::Values(
        Mistake{"strategies: [MPI, ONESHOTT]",
                "2:19: strategies: unknown strategy ONESHOTT of the host backend; did you mean ONESHOT? Allowed: MPI, "
                "ONESHOT, TWOSHOT"},
        Mistake{"strategies: {oneshot: }",
                "2:14: strategies: unknown strategy oneshot of the host backend; did you mean ONESHOT? Allowed: MPI, "
                "ONESHOT, TWOSHOT"},
        Mistake{"strategies: [NCCL]",
                "2:14: strategies: NCCL is a strategy of the cuda backend; this run is on host; allowed: MPI, ONESHOT, "
                "TWOSHOT"},
        Mistake{"strategies: [TREE]",
                "2:14: strategies: unknown strategy TREE of the host backend (/plugins/strategy_tree_host.so was found "
                "but refused: built for ABI 7, this is 1); allowed: MPI, ONESHOT, TWOSHOT"},
        Mistake{"strategies: [MPI, AUTO]",
                "2:19: strategies: AUTO is measured after the others; write enable_auto: true instead"},
        Mistake{"strategies: {FAST: {strategy: AUTO}}",
                "2:31: strategies: AUTO is measured after the others; write enable_auto: true instead"},
        Mistake{"strategies: [MPI, MPI]", "2:19: strategies: MPI is given twice"},
        Mistake{"strategies: []",
                "2:13: strategies: found an empty list; allowed: a list of names, a map of names and their parameters, "
                "or all; leave the key out for the default"},
        Mistake{"strategies:\nbackend: host",
                "2:1: strategies: found nothing; allowed: a list of names, a map of names and their parameters, or "
                "all; leave the key out for the default"},
        Mistake{"sinks: {}",
                "2:8: sinks: found an empty map; allowed: a list of names, a map of names and their parameters, or "
                "all; leave the key out for the default"},
        Mistake{"strategies: [MPI, ~]",
                "2:19: strategies: found nothing; allowed: a name, or one name and its parameters"},
        Mistake{"strategies: [{MPI: , ONESHOT: }]",
                "2:22: strategies: found ONESHOT beside MPI; allowed: one name per entry, with its parameters indented "
                "below it"},
        Mistake{"heuristics: [luts]",
                "2:14: heuristics: unknown heuristic luts; did you mean lut? Allowed: lp, lut, oracle"},
        Mistake{"sinks: [heatmap]", "2:9: sinks: unknown sink heatmap; allowed: csv, cpp_table"},
        Mistake{"strategies: {MPI_RING: {algorithm: ring}}",
                "2:14: strategies: unknown strategy MPI_RING of the host backend; allowed: MPI, ONESHOT, TWOSHOT; "
                "your own name for a strategy needs strategy: <name>"},
        Mistake{"strategies: {RING: {strategy: MPII}}",
                "2:31: strategies: unknown strategy MPII of the host backend; did you mean MPI? Allowed: MPI, ONESHOT, "
                "TWOSHOT"},
        Mistake{"strategies: {RING: {strategy: }}", "2:31: strategies.RING.strategy: found nothing; allowed: a text"},
        Mistake{"strategies: {ONESHOT: {strategy: MPI}}",
                "2:14: strategies: ONESHOT is the name of another strategy; allowed: a new name for MPI"},
        Mistake{"strategies: {'a,b': {strategy: MPI}}",
                "2:14: strategies: found the name a,b; allowed: a letter, then letters, digits, _ and -"},
        Mistake{"strategies: {'../x': {strategy: MPI}}",
                "2:14: strategies: found the name ../x; allowed: a letter, then letters, digits, _ and -"}));

INSTANTIATE_TEST_SUITE_P(
    Parameters, ChoiceMistake,
    ::testing::Values(
        Mistake{"strategies: {ONESHOT: {chunk: 4}}",
                "2:24: strategies.ONESHOT.chunk: unknown parameter; allowed: chunk_kib, strategy, table_id"},
        Mistake{"strategies: {ONESHOT: {chunk_kb: 4}}",
                "2:24: strategies.ONESHOT.chunk_kb: unknown parameter; did you mean chunk_kib? Allowed: chunk_kib, "
                "strategy, table_id"},
        Mistake{"strategies: {ONESHOT: {chunk_kib: 0}}",
                "2:35: strategies.ONESHOT.chunk_kib: found 0; allowed: a whole number in 1..65536"},
        Mistake{"strategies: {ONESHOT: {chunk_kib: }}",
                "2:35: strategies.ONESHOT.chunk_kib: found nothing; allowed: a whole number in 1..65536"},
        Mistake{"strategies: {ONESHOT: 64}",
                "2:23: strategies.ONESHOT: found 64; allowed: a map of parameters, or nothing"},
        Mistake{"strategies: {ONESHOT: [chunk_kib]}",
                "2:23: strategies.ONESHOT: found a list; allowed: a map of parameters, or nothing"},
        Mistake{"heuristics: {lut: {mode: stabel}}",
                "2:26: heuristics.lut.mode: found stabel; did you mean stable? Allowed: argmin, stable"},
        Mistake{"heuristics: {lut: {tie_percent: 101}}",
                "2:33: heuristics.lut.tie_percent: found 101; allowed: a number in 0..100"},
        Mistake{"sinks: {csv: {path: x}}", "2:15: sinks.csv.path: unknown parameter; allowed: sink"},
        Mistake{"sinks: {cpp_table: {hidden_sizes: [1, x], tags: [a, c]}}",
                "2:39: sinks.cpp_table.hidden_sizes: found x; allowed: a whole number in 1..\n"
                "sweep.yaml:2:53: sinks.cpp_table.tags: found c; did you mean a? Allowed: a, b"},
        Mistake{"strategies: {MPI: , RING: {strategy: MPI}}",
                "2:21: strategies: MPI and RING have the same table_id, 100; give one of them another, as in RING: "
                "{strategy: MPI, table_id: 120}"},
        Mistake{"strategies: {RING: {strategy: MPI, table_id: 4}}",
                "2:46: strategies.RING.table_id: found 4; allowed: a whole number in 100..65535"},
        Mistake{"strategies: {FAST: {strategy: ONESHOT, table_id: 5}}",
                "2:50: strategies.FAST.table_id: found 5; allowed: a whole number in 4|100..65535"}));

TEST(Choices, ReadFusionsUnderProblems) {
  const std::string start = "problems: {tp_size: 2, hidden_size: 8, num_tokens: 1, fusion: ";
  const Config config = config_of(start + "{NONE: , RESIDUAL_RMS_NORM: {eps: 1e-5}}}");
  ASSERT_THAT(config_names(config.fusions), ElementsAre("NONE", "RESIDUAL_RMS_NORM"));
  EXPECT_DOUBLE_EQ(config.fusions[1].parameters.real("eps"), 1e-5);
  EXPECT_EQ(config_mistakes(start + "[NONE, RESIDUAL_RMSNORM]}"),
            "sweep.yaml:1:70: problems.fusion: unknown fusion RESIDUAL_RMSNORM; did you mean RESIDUAL_RMS_NORM? "
            "Allowed: NONE, RESIDUAL_RMS_NORM");
  EXPECT_EQ(config_mistakes(start + "{RESIDUAL_RMS_NORM: {eps: -1}}}"),
            "sweep.yaml:1:89: problems.fusion.RESIDUAL_RMS_NORM.eps: found -1; allowed: a number in 0..1");
}

TEST(Choices, NeedNotBeInstalledWhenTheRunStartsFromCsvs) {
  const std::string text =
      "problems: {fusion: [NONE, SWIGLU]}\n"
      "strategies: {NCCL: , LOWPRECISION: , MINE: {strategy: TREE, table_id: 130, depth: 3}}\n";
  const Config config = config_of(text, {}, true);
  EXPECT_THAT(config_names(config.fusions), ElementsAre("NONE", "SWIGLU"));
  EXPECT_THAT(config_names(config.strategies), ElementsAre("NCCL", "LOWPRECISION", "MINE"));
  EXPECT_EQ(config.strategies[0].table_id, 0);
  EXPECT_EQ(config.strategies[1].table_id, -1);
  EXPECT_EQ(config.strategies[2].table_id, 130);
  EXPECT_EQ(config_mistakes("heuristics: [luts]\n", {}, true),
            "sweep.yaml:1:14: heuristics: unknown heuristic luts; did you mean lut? Allowed: lp, lut, oracle");
}

TEST(Choices, MayHaveParametersOfABackendThatIsNotInstalled) {
  const std::string text = "backend: cuda\nstrategies: {TWOSHOT: {blocks_per_row: 1}}\n";
  const Config config = config_of(text, {}, true);
  ASSERT_THAT(config_names(config.strategies), ElementsAre("TWOSHOT"));
  EXPECT_EQ(config.strategies[0].table_id, 5);
}

TEST(Choices, KeepThePublishedTableIdOrTakeOneFromAHundredOn) {
  EXPECT_EQ(config_of("strategies: {NCCL: {table_id: 0}}\n", {}, true).strategies.at(0).table_id, 0);
  EXPECT_EQ(config_mistakes("strategies: {NCCL: {table_id: 5}}\n", {}, true),
            "sweep.yaml:1:31: strategies.NCCL.table_id: found 5; allowed: a whole number in 0|100..65535");
}

TEST(Choices, ReportAPluginWithABrokenDefault) {
  const std::vector<PluginEntry> entries = {
      test::config_entry(PluginKind::backend, "host"), test::config_entry(PluginKind::fusion, "NONE"),
      test::config_strategy("MPI", "host", 100, {{"depth", ParameterType::integer, "deep", "", ""}})};
  const Catalogue catalogue(entries, test::config_host_only);
  try {
    static_cast<void>(validate(load_document(problems, "sweep.yaml", {}), catalogue));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "sweep.yaml:1:1: strategies.MPI: /plugins/host_MPI.so: the default of parameter depth is wrong: found "
                 "deep; allowed: a whole number");
  }
}

}  // namespace
}  // namespace arbiter
