// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/config_catalogue.hpp"
#include "support/temp_dir.hpp"

namespace arbiter {
namespace {

using test::config_mistakes;
using test::config_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string problems = "problems: {tp_size: 2, hidden_size: 8, num_tokens: 1}\n";

/// A sweep in a folder that also has tables/theirs.cpp and decision.json.
class Compare : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_.write("tables/theirs.cpp", "//");
    dir_.write("decision.json", "{}");
  }

  [[nodiscard]] Config config(const std::string& compare) const {
    const std::string text =
        "problems: {tp_size: 2, fusion: NONE, hidden_size: 8, num_tokens: 1}\nheuristics: [lut]\ncompare: " + compare +
        "\n";
    const std::vector<PluginEntry> entries = test::config_entries();
    return validate(load_document(text, (dir_.path() / "sweep.yaml").string(), {}),
                    Catalogue(entries, test::config_host_only));
  }

  [[nodiscard]] std::string mistake(const std::string& compare) const {
    try {
      static_cast<void>(config(compare));
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no mistake";
  }

  test::TempDir dir_;
};

TEST_F(Compare, FindsFilesBesideTheYamlAndNamesThem) {
  const auto compared = config("[{name: trtllm, file: tables/theirs.cpp}, tables/theirs.cpp]").compare;
  ASSERT_EQ(compared.size(), 2U);
  EXPECT_EQ(compared[0].name, "trtllm");
  EXPECT_EQ(compared[0].file, dir_.path() / "tables/theirs.cpp");
  EXPECT_EQ(compared[1].name, "theirs");
}

TEST_F(Compare, CanNameAPartOfAFile) {
  const auto compared = config("decision.json#lp").compare;
  ASSERT_EQ(compared.size(), 1U);
  EXPECT_EQ(compared[0].name, "decision#lp");
  EXPECT_EQ(compared[0].file, dir_.path() / "decision.json#lp");
}

TEST_F(Compare, NamesPositionFoundAndAllowed) {
  EXPECT_THAT(mistake("[none.cpp]"), HasSubstr("sweep.yaml:3:11: compare.0: found " + dir_.path().string() +
                                               "/none.cpp; allowed: a file that exists"));
  EXPECT_THAT(mistake("[tables]"), HasSubstr("allowed: a file that exists"));
  EXPECT_THAT(mistake("[{fil: tables/theirs.cpp}]"), HasSubstr("did you mean file?"));
  EXPECT_THAT(mistake("[{name: x}]"), HasSubstr("compare.0: file is missing"));
  EXPECT_THAT(mistake("[[1]]"), HasSubstr("found a list; allowed: a file, or a map with file and name"));
}

TEST_F(Compare, NamesAreDistinctAlsoFromTheHeuristics) {
  EXPECT_THAT(mistake("[tables/theirs.cpp, tables/theirs.cpp]"), HasSubstr("theirs is given twice"));
  EXPECT_THAT(mistake("[{name: lut, file: decision.json}]"), HasSubstr("lut is a heuristic of this run"));
}

TEST(Backend, IsCudaWhereItIsAvailable) {
  const auto all = [](const PluginEntry&) { return Support::yes(); };
  const std::vector<PluginEntry> entries = test::config_entries();
  const Config config = validate(load_document(problems, "sweep.yaml", {}), Catalogue(entries, all));
  EXPECT_EQ(config.backend, "cuda");
  EXPECT_EQ(config.backend_note, "");
  ASSERT_EQ(config.strategies.size(), 2U);
  EXPECT_EQ(config.strategies[0].name, "NCCL");
}

TEST(Backend, IsHostElsewhereAndSaysWhy) {
  const Config config = config_of(problems + "backend: auto\n");
  EXPECT_EQ(config.backend, "host");
  EXPECT_EQ(config.backend_note, "cuda: no CUDA device is visible");
}

TEST(Backend, IsNotTakenWhereItCannotBeUsed) {
  EXPECT_EQ(config_mistakes(problems + "backend: cuda\nstrategies: [NCCL]\n"),
            "sweep.yaml:2:10: backend: cuda cannot be used here: no CUDA device is visible; --dry-run --assume sm90x4 "
            "plans for GPUs "
            "that are not here");
  EXPECT_EQ(config_of("backend: cuda\n", {}, true).backend, "cuda");
}

TEST(Backend, MustBeInstalled) {
  PluginEntry refused;
  refused.file = "/plugins/backend_host.so";
  refused.refused = "a symbol is missing";
  const std::vector<PluginEntry> entries = {refused, test::config_entry(PluginKind::fusion, "NONE"),
                                            test::config_strategy("MPI", "host", 100)};
  const Catalogue catalogue(entries, test::config_host_only);
  try {
    static_cast<void>(validate(load_document(problems, "sweep.yaml", {}), catalogue));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "sweep.yaml:1:1: backend: neither cuda nor host can be used (/plugins/backend_host.so was found but "
                 "refused: a symbol is missing); cuda: no such backend plugin");
  }
  EXPECT_EQ(validate(load_document(problems, "sweep.yaml", {}), catalogue, true).backend, "host");
  const std::string asks = problems + "backend: cuda\n";
  try {
    static_cast<void>(validate(load_document(asks, "sweep.yaml", {}), catalogue));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("sweep.yaml:2:10: backend: found cuda; allowed: auto"));
  }
  EXPECT_EQ(validate(load_document(asks, "sweep.yaml", {}), catalogue, true).backend, "cuda");
}

TEST(EnableAuto, NeedsNoPluginOfThatName) {
  EXPECT_TRUE(config_of(problems + "enable_auto: true\n").enable_auto);
  const auto all = [](const PluginEntry&) { return Support::yes(); };
  EXPECT_TRUE(config_of(problems + "enable_auto: true\n", {}, false, all).enable_auto);
}

TEST(Measurement, ContextsAreThoseOfTheBackendInTheOrderOfTheConfiguration) {
  const auto all = [](const PluginEntry&) { return Support::yes(); };
  const auto contexts = [&](const std::string& more, bool cuda) {
    const Config config = config_of(problems + more, {}, false, cuda ? all : test::config_host_only);
    EXPECT_EQ(config.measurement.contexts_given, !more.empty() && more.find("context") != std::string::npos);
    return config.measurement.contexts;
  };
  EXPECT_THAT(contexts("", false), ElementsAre(Context::isolated));
  EXPECT_THAT(contexts("measurement: {seed: 2}\n", false), ElementsAre(Context::isolated));
  EXPECT_THAT(contexts("measurement: {context: back_to_back}\n", false), ElementsAre(Context::back_to_back));
  EXPECT_THAT(contexts("measurement: {context: [back_to_back, isolated]}\n", false),
              ElementsAre(Context::back_to_back, Context::isolated));
  EXPECT_THAT(contexts("", true), ElementsAre(Context::engine, Context::back_to_back));
  EXPECT_THAT(contexts("measurement: {context: [engine_early, engine]}\n", true),
              ElementsAre(Context::engine_early, Context::engine));
}

TEST(Measurement, NamesAContextThatTheBackendHasNotOrThatIsGivenTwice) {
  const auto all = [](const PluginEntry&) { return Support::yes(); };
  EXPECT_EQ(config_mistakes(problems + "measurement: {context: [engine]}\n"),
            "sweep.yaml:2:24: measurement.context: the backend host has no engine; allowed: isolated, back_to_back");
  EXPECT_EQ(config_mistakes(problems + "measurement: {context: [isolated, isolated]}\n"),
            "sweep.yaml:2:24: measurement.context: isolated is given twice");
  EXPECT_EQ(config_mistakes(problems + "measurement: {context: [isolated]}\n", {}, false, all),
            "sweep.yaml:2:24: measurement.context: the backend cuda has no isolated; allowed: engine, engine_early, "
            "back_to_back");
}

TEST(Measurement, ReadsWhatIsSaidOfNeighboursAndGraphs) {
  const auto given = config_of(problems +
                               "measurement: {neighbour_mib: 1.5, neighbour_us: 2.5, skew_us: 3.5, graph: false, "
                               "probe: true}\n")
                         .measurement;
  EXPECT_EQ(given.neighbour_mib, 1.5);
  EXPECT_EQ(given.neighbour_us, 2.5);
  EXPECT_EQ(given.skew_us, 3.5);
  EXPECT_FALSE(given.graph);
  EXPECT_TRUE(given.probe);
  const auto usual = config_of(problems).measurement;
  EXPECT_EQ(usual.neighbour_mib, 0.0);
  EXPECT_EQ(usual.neighbour_us, 0.0);
  EXPECT_EQ(usual.skew_us, 0.0);
  EXPECT_TRUE(usual.graph);
  EXPECT_FALSE(usual.probe);
}

TEST(Measurement, AllowsAsManySamplesAtMostAsAtLeast) {
  EXPECT_EQ(config_of(problems + "measurement: {min_samples: 7, max_samples: 7}\n").measurement.max_samples, 7);
  EXPECT_EQ(config_mistakes(problems + "measurement: {min_samples: 8, max_samples: 7}\n"),
            "sweep.yaml:2:44: measurement.max_samples: found 7; allowed: at least min_samples, which is 8");
  EXPECT_EQ(config_mistakes(problems + "measurement: {min_samples: 1001}\n"),
            "sweep.yaml:2:28: measurement.max_samples: found 1000; allowed: at least min_samples, which is 1001");
}

}  // namespace
}  // namespace arbiter
