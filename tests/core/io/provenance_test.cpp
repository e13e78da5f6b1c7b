// SPDX-License-Identifier: Apache-2.0
#include "io/provenance.hpp"

#include <set>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

Provenance run_of(const std::string& id) {
  Provenance run;
  run.run_id = id;
  run.date = "2026-11-28T03:13:57Z";
  run.version = "0.2.0";
  run.commit = "1a2b3c4d5e6f";
  run.command_line = {"runner", "--config", "h200.yaml"};
  run.config_source = "h200.yaml";
  run.config = "problems:\n  tp_size: 2\n";
  run.config_hash = text_hash(run.config);
  run.overrides = {"measurement.seed=7"};
  run.settings = {{"backend", "cuda 1.0"}, {"measurement.seed", "7"}};
  run.machine = {"sm90", {{"driver", "580.1"}, {"gpu", "NVIDIA H200"}}};
  run.packages = {{"vllm", "0.11.0"}};
  run.environment = {{"NCCL_ALGO", "Ring"}, {"NCCL_DEBUG", "INFO"}};
  return run;
}

}  // namespace

TEST(Provenance, IdsAreShortDifferAndTellTheTime) {
  std::set<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.insert(new_run_id());
  EXPECT_GT(ids.size(), 15U);
  for (const auto& id : ids) {
    EXPECT_THAT(id, MatchesRegex("20[0-9]+-[0-9]+-[0-9a-f]+"));
    EXPECT_EQ(id.size(), 20U);
    EXPECT_TRUE(is_run_id(id));
  }
  EXPECT_THAT(utc_date(), MatchesRegex("20..-..-..T..:..:..Z"));
}

TEST(Provenance, AnIdNamesNoFileElsewhere) {
  for (const char* text : {"", "../x", "a/b", "a.b", "a b", "a\nb"}) EXPECT_FALSE(is_run_id(text)) << text;
  EXPECT_FALSE(is_run_id(std::string(65, 'a')));
  const TempDir dir;
  EXPECT_FALSE(read_provenance(dir.path(), "../x").has_value());
}

TEST(Provenance, ReadsBackEqual) {
  const TempDir dir;
  const Provenance written = run_of("20261128-031357-1a2b");
  write_provenance(dir.path() / "new", written);
  const auto read = read_provenance(dir.path() / "new", written.run_id);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->run_id, written.run_id);
  EXPECT_EQ(read->date, written.date);
  EXPECT_EQ(read->version, written.version);
  EXPECT_EQ(read->commit, written.commit);
  EXPECT_EQ(read->command_line, written.command_line);
  EXPECT_EQ(read->config_source, written.config_source);
  EXPECT_EQ(read->config, written.config);
  EXPECT_EQ(read->config_hash, written.config_hash);
  EXPECT_EQ(read->overrides, written.overrides);
  EXPECT_EQ(read->settings, written.settings);
  EXPECT_EQ(read->machine.platform, written.machine.platform);
  EXPECT_EQ(read->machine.facts, written.machine.facts);
  EXPECT_EQ(read->packages, written.packages);
  EXPECT_EQ(read->environment, written.environment);
  EXPECT_FALSE(read_provenance(dir.path(), written.run_id).has_value());
}

TEST(Provenance, IsOfTheRunThatItsFileIsNamedAfter) {
  const TempDir dir;
  write_provenance(dir.path(), run_of("a"));
  dir.write("run.b.json", read_file(dir.path() / "run.a.json"));
  EXPECT_TRUE(read_provenance(dir.path(), "a").has_value());
  EXPECT_THAT([&] { static_cast<void>(read_provenance(dir.path(), "b")); },
              ::testing::ThrowsMessage<DataError>(HasSubstr("run_id: found a, allowed: b")));
}

TEST(Provenance, NamesAFileThatIsNoneAndOneOfANewerArbiter) {
  const TempDir dir;
  const auto mistake = [&](const std::string& text) -> std::string {
    dir.write("run.a.json", text);
    try {
      static_cast<void>(read_provenance(dir.path(), "a"));
    } catch (const DataError& error) {
      return error.what();
    }
    return "no mistake";
  };
  for (const char* text : {"{", "[]", "{}", R"({"format": "other"})", R"({"format": "arbiter-run", "schema": "x"})"}) {
    EXPECT_THAT(mistake(text), HasSubstr("run.a.json: allowed: ")) << text;
  }
  EXPECT_THAT(mistake(R"({"format": "arbiter-run", "schema": 4})"),
              HasSubstr("run.a.json: schema: found 4, allowed up to 3: a newer Arbiter wrote this file"));
}

TEST(Provenance, TellsWhatKeepsTwoRunsApart) {
  const Provenance first = run_of("a");
  Provenance second = run_of("b");
  second.date = "2026-11-29T00:00:00Z";
  second.config += "# another tp size";
  second.config_hash = text_hash(second.config);
  second.command_line = {"runner"};
  second.environment["NCCL_DEBUG"] = "WARN";
  second.environment["CUDA_VISIBLE_DEVICES"] = "0";
  second.environment["ARBITER_PATIENCE_S"] = "9";
  second.environment["OMPI_MCA_mpi_yield_when_idle"] = "1";  // where ranks outnumber cores
  EXPECT_THAT(differences(first, second), IsEmpty());

  second.commit.clear();
  second.machine.facts["driver"] = "590.2";
  second.machine.facts["nccl"] = "2.27.5";
  second.packages["vllm"] = "0.12.0";
  second.settings["measurement.seed"] = "8";
  second.environment["NCCL_ALGO"] = "Tree";
  second.environment["ARBITER_PEER_MEMORY"] = "ipc";
  EXPECT_THAT(differences(first, second),
              ElementsAre("Arbiter: 0.2.0 (1a2b3c4d5e6f) / 0.2.0", "driver: 580.1 / 590.2", "nccl: (not set) / 2.27.5",
                          "vllm: 0.11.0 / 0.12.0", "measurement.seed: 7 / 8", "ARBITER_PEER_MEMORY: (not set) / ipc",
                          "NCCL_ALGO: Ring / Tree"));
}

TEST(Provenance, TellsWhyARunMayNotContinueAnother) {
  const auto begun = run_of("one");
  auto now = run_of("two");
  now.packages = {{"sglang", "0.5"}};  // another part of the run
  EXPECT_THAT(differences_to_continue(begun, now), IsEmpty());
  now.packages = {{"vllm", "0.12.0"}};
  now.machine.facts["driver"] = "590.0";
  now.overrides.clear();
  now.config = "problems:\n  tp_size: 4\n";
  now.config_hash = text_hash(now.config);
  EXPECT_THAT(differences_to_continue(begun, now),
              ElementsAre("h200.yaml:2:   tp_size: 2 /   tp_size: 4", "--set: measurement.seed=7 / (empty)",
                          "driver: 580.1 / 590.0", "vllm: 0.11.0 / 0.12.0"));
}

TEST(Provenance, HashesAreTheSameEverywhere) {
  EXPECT_EQ(text_hash(""), "cbf29ce484222325");
  EXPECT_EQ(text_hash("a"), "af63dc4c8601ec8c");
  Provenance run = run_of("a");
  const auto hash = settings_hash(run);
  run.config += "x";
  EXPECT_EQ(settings_hash(run), hash);
  run.settings["measurement.seed"] = "8";
  EXPECT_NE(settings_hash(run), hash);
}

}  // namespace arbiter::test
