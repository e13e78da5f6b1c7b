// SPDX-License-Identifier: Apache-2.0
#include "config/validate.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/config_catalogue.hpp"
#include "support/temp_dir.hpp"

namespace arbiter {
namespace {

using test::config_mistakes;
using test::config_of;
using ::testing::HasSubstr;

const std::string problems = "problems: {tp_size: 2, hidden_size: 8, num_tokens: 1}\n";

TEST(Validate, FillsInDefaults) {
  const Config config = config_of(problems);
  const MeasurementConfig defaults;
  EXPECT_EQ(config.source, "sweep.yaml");
  EXPECT_EQ(config.output_dir, "out/sweep");
  EXPECT_FALSE(config.enable_auto);
  EXPECT_DOUBLE_EQ(config.measurement.precision_percent, defaults.precision_percent);
  EXPECT_EQ(config.measurement.time_target_ms, defaults.time_target_ms);
  EXPECT_EQ(config.measurement.min_samples, defaults.min_samples);
  EXPECT_EQ(config.measurement.max_samples, defaults.max_samples);
  EXPECT_DOUBLE_EQ(config.measurement.min_sample_us, defaults.min_sample_us);
  EXPECT_EQ(config.measurement.timeout_ms, defaults.timeout_ms);
  EXPECT_EQ(config.measurement.seed, defaults.seed);
  EXPECT_EQ(config.measurement_keys.values().size(), 13U) << "every key is recorded, also where none was given";
  EXPECT_EQ(config.measurement_keys.integer("seed"), defaults.seed);
  EXPECT_THAT(config.measurement_keys.texts("context"),
              ::testing::ElementsAre(name_of(config.measurement.contexts[0])));
}

TEST(Validate, TellsWhetherAnOutputDirWasGiven) {}

TEST(Validate, ReadsTheWholeOfMeasurement) {
  const Config config = config_of(problems +
                                  "measurement: {precision_percent: 0.5, time_target_ms: 1, min_samples: 2, "
                                  "max_samples: 3, min_sample_us: 4.5, timeout_ms: 5, seed: 6}\n");
  EXPECT_DOUBLE_EQ(config.measurement.precision_percent, 0.5);
  EXPECT_EQ(config.measurement.time_target_ms, 1);
  EXPECT_EQ(config.measurement.min_samples, 2);
  EXPECT_EQ(config.measurement.max_samples, 3);
  EXPECT_DOUBLE_EQ(config.measurement.min_sample_us, 4.5);
  EXPECT_EQ(config.measurement.timeout_ms, 5);
  EXPECT_EQ(config.measurement.seed, 6);
  EXPECT_EQ(config.measurement_keys.integer("seed"), 6);
  EXPECT_EQ(config.measurement_keys.real("min_sample_us"), 4.5);
}

TEST(Validate, ReportsEveryMistakeInTheOrderOfTheFile) {
  EXPECT_EQ(config_mistakes("sinks: [csvv]\n"
                            "problems:\n"
                            "  tp_size: 1\n"
                            "  hidden_sizes: 8\n"
                            "  num_tokens: 1\n"
                            "  num_tokens: 2\n"
                            "backend: gpu\n"
                            "enable_auto: yes\n"),
            "sweep.yaml:1:9: sinks: unknown sink csvv; did you mean csv? Allowed: csv, cpp_table\n"
            "sweep.yaml:3:3: problems.hidden_size: missing; allowed: whole numbers in 1..1048576, as in [2, 4] or "
            "{from: 2, to: 8, factor: 2}\n"
            "sweep.yaml:3:12: problems.tp_size: found 1; allowed: a whole number in 2..1024\n"
            "sweep.yaml:4:3: problems.hidden_sizes: unknown key; did you mean hidden_size? Allowed: tp_size, dtype, "
            "fusion, hidden_size, num_tokens, holdout\n"
            "sweep.yaml:6:3: problems.num_tokens: given twice; the first is in line 5\n"
            "sweep.yaml:7:10: backend: found gpu; allowed: auto, cuda, host\n"
            "sweep.yaml:8:14: enable_auto: found yes; allowed: true or false");
}

struct Mistake {
  const char* yaml;     ///< from line 2
  const char* message;  ///< after "sweep.yaml:"
};

class RootMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(RootMistake, NamesPositionKeyFoundAndAllowed) {
  EXPECT_EQ(config_mistakes(problems + GetParam().yaml), std::string("sweep.yaml:") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, RootMistake,
    ::testing::Values(
        Mistake{"stategies: [MPI]",
                "2:1: stategies: unknown key; did you mean strategies? Allowed: backend, problems, strategies, "
                "heuristics, compare, sinks, measurement, plugins, output_dir, enable_auto"},
        Mistake{"num_tokens: 4", "2:1: num_tokens: unknown key; it belongs under problems: (indent it)"},
        Mistake{"enable_auto: 1", "2:14: enable_auto: found 1; allowed: true or false"},
        Mistake{"enable_auto: true\nheuristics: []",
                "2:14: enable_auto: found true, but AUTO asks a heuristic and heuristics has none"},
        Mistake{"output_dir: [a]", "2:13: output_dir: found a list; allowed: a text"},
        Mistake{"output_dir: ''", "2:13: output_dir: found an empty text; allowed: a folder"},
        Mistake{"output_dir: /dev/null", "2:13: output_dir: found /dev/null, which is a file; allowed: a folder"},
        Mistake{"plugins: /nowhere/at/all", "2:10: plugins: found /nowhere/at/all; allowed: a folder that exists"},
        Mistake{"plugins: [~]", "2:11: plugins: found nothing; allowed: folders"},
        Mistake{"measurement: fast",
                "2:14: measurement: found fast; allowed: a map with precision_percent, time_target_ms, ..."},
        Mistake{
            "measurement: {time_target: 5}",
            "2:15: measurement.time_target: unknown parameter; did you mean time_target_ms? Allowed: "
            "precision_percent, time_target_ms, min_samples, max_samples, min_sample_us, timeout_ms, seed, context, "
            "neighbour_mib, neighbour_us, skew_us, graph, probe"},
        Mistake{"measurement: {limits: true}",
                "2:15: measurement.limits: unknown parameter; it is called measurement.probe now"},
        Mistake{"measurement: {precision_percent: 0}",
                "2:34: measurement.precision_percent: found 0; allowed: a number in 0.01..100"},
        Mistake{"measurement: {seed: -1}", "2:21: measurement.seed: found -1; allowed: a whole number in 0.."},
        Mistake{"measurement: {max_samples: 9}",
                "2:28: measurement.max_samples: found 9; allowed: at least min_samples, which is 10"},
        Mistake{"measurement: {min_samples: 1001}",
                "2:28: measurement.max_samples: found 1000; allowed: at least min_samples, which is 1001"}));

TEST(Validate, NamesKindsOfWhichNothingIsInstalled) {
  const std::vector<PluginEntry> entries = {test::config_entry(PluginKind::backend, "host")};
  const Catalogue catalogue(entries, test::config_host_only);
  try {
    static_cast<void>(validate(load_document(problems, "sweep.yaml", {}), catalogue));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "sweep.yaml:1:1: problems.fusion: no fusion plugin is installed\n"
                 "sweep.yaml:1:1: strategies: no strategy plugin is installed");
  }
}

TEST(Validate, NeedsNoProblemsWhenTheRunStartsFromCsvs) {
  EXPECT_EQ(config_mistakes("heuristics: lut\n", {}, true), "no mistake");
  EXPECT_THAT(config_mistakes("problems: {tp_size: 1}\n", {}, true), HasSubstr("problems.tp_size: found 1"));
}

}  // namespace
}  // namespace arbiter
