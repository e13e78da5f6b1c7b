// SPDX-License-Identifier: Apache-2.0
#include "sweep/run_provenance.hpp"

#include <array>
#include <cstdlib>

#include <gmock/gmock.h>
#include <unistd.h>

#include "arbiter/files.hpp"
#include "plugin/plugin_host.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

Config config_of() {
  Config config;
  config.source = "/home/mary/sweep.yaml";
  config.text = "output_dir: /home/mary/out\n";
  config.backend = "host";
  config.tp_sizes = {2};
  config.measurement_keys.set({"context", ParameterType::text_list, "[]", "", ""},
                              std::vector<std::string>{"isolated", "back_to_back"});
  config.holdout = {{96, 3}, {96, 5}};
  PluginChoice strategy;
  strategy.name = "MPI_RING";
  strategy.plugin = "MPI";
  strategy.parameters.set({"algorithm", ParameterType::text, "default", "", ""}, std::string("ring"));
  strategy.parameters.set({"sizes", ParameterType::integer_list, "[]", "", ""}, std::vector<std::int64_t>{1, 2});
  config.strategies = {strategy};
  return config;
}

}  // namespace

TEST(RunProvenance, PackagesAreTheInterpreterOfEachStrategyThatNeedsOneWithoutItsFolder) {
  PluginHost plugins;
  plugins.load_dir(BUILT_PLUGINS);
  Config config = config_of();
  config.strategies.push_back(config.strategies[0]);
  config.strategies[1].name = "ENGINE";
  config.strategies[1].parameters.set({"python", ParameterType::text, "", "", ""}, std::string("python"));
  std::vector<std::string> remarks;
  StrategySet strategies(config, plugins, remarks);
  Part part;
  part.strategies = {"MPI_RING", "ENGINE"};
  EXPECT_THAT(package_versions(config, part, strategies), ::testing::IsEmpty());
  part.interpreter = "/home/mary/venv/bin/python3";
  part.version = "3.12.3";
  EXPECT_THAT(package_versions(config, part, strategies),
              ElementsAre(::testing::Pair("ENGINE.python", "python 3.12.3 python3")));
}

TEST(RunProvenance, TheSettingsAreThoseThatPartsOfOneSweepShare) {
  const PluginHost plugins;
  Config config = config_of();
  const auto settings = settings_of(config, plugins);
  EXPECT_EQ(settings.at("backend"), "host");
  EXPECT_EQ(settings.at("measurement.context"), "[isolated, back_to_back]");
  EXPECT_EQ(settings.at("problems.holdout"), "[3x96, 5x96]");
  EXPECT_EQ(settings.at("strategies.MPI_RING"), "MPI");
  EXPECT_EQ(settings.at("strategies.MPI_RING.algorithm"), "ring");
  EXPECT_EQ(settings.at("strategies.MPI_RING.sizes"), "[1, 2]");

  config.tp_sizes = {4, 8};
  config.hidden_sizes = {1024};
  config.num_tokens = {1, 2};
  config.fusions.emplace_back();
  config.heuristics.emplace_back();
  config.sinks.emplace_back();
  config.output_dir = "elsewhere";
  config.text += "# another\n";
  EXPECT_EQ(settings_of(config, plugins), settings);
  config.measurement_keys.set({"seed", ParameterType::integer, "1", "", ""}, std::int64_t{2});
  EXPECT_NE(settings_of(config, plugins), settings);
}

TEST(RunProvenance, NamesNoHostNoUserAndNoAbsolutePath) {
  ::setenv("HOME", "/home/mary", 1);
  ::setenv("USER", "mary", 1);
  ::setenv("NCCL_TOPO_FILE", "/home/mary/topology.xml", 1);
  std::array<char, 256> host{};
  ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
  ::setenv("UCX_NET_DEVICES", host.data(), 1);
  const PluginHost plugins;
  const auto run = make_provenance(config_of(), plugins, {"cpu", {{"cpu", "EPYC"}}}, "20261128-031357-1a2b",
                                   {"/home/mary/bin/runner", "--config", "/home/mary/sweep.yaml"});
  const TempDir dir;
  write_provenance(dir.path(), run);
  const auto text = read_file(dir.path() / "run.20261128-031357-1a2b.json");
  for (const std::string& word : {std::string("mary"), std::string("\"/"), std::string("=/"), std::string(" /"),
                                  "\"" + std::string(host.data()) + "\""}) {
    EXPECT_THAT(text, Not(HasSubstr(word)));
  }
  EXPECT_THAT(run.command_line, ElementsAre("runner", "--config", "sweep.yaml"));
  EXPECT_EQ(run.config_source, "sweep.yaml");
  EXPECT_EQ(run.config, "output_dir: out\n");
  EXPECT_EQ(run.config_hash, text_hash(config_of().text));
  EXPECT_EQ(run.environment.at("NCCL_TOPO_FILE"), "(a path)");
  EXPECT_EQ(run.environment.at("UCX_NET_DEVICES"), "(host)");
  EXPECT_EQ(run.machine.facts.at("cpu"), "EPYC");
  for (const char* name : {"USER", "NCCL_TOPO_FILE", "UCX_NET_DEVICES"}) ::unsetenv(name);
}

TEST(RunProvenance, KnowsWhatWasBuilt) {
  EXPECT_THAT(built_version(), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(built_commit(), ::testing::AnyOf("", MatchesRegex("[0-9a-f]+(-dirty)?")));
  Provenance one;
  one.run_id = "a";
  one.version = "1";
  Provenance two = one;
  two.commit = "c";
  const auto records = run_records({two, one});
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].arbiter, "1 (c)");
  EXPECT_EQ(records[1].arbiter, "1");
}

}  // namespace arbiter::test
