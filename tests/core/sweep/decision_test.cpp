// SPDX-License-Identifier: Apache-2.0
#include "sweep/decision.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "arbiter/error.hpp"
#include "io/table_json.hpp"
#include "plugin/plugin_host.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_tables.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

nlohmann::json decision_of(const std::vector<std::string>& names) {
  nlohmann::json json = {{"format", "arbiter-decision"}, {"version", 1}, {"selectors", nlohmann::json::array()}};
  for (const std::string& name : names) {
    DecisionTable table;
    table.fallback = "FROM_" + name;
    json["selectors"].push_back({{"name", name}, {"table", table_to_json(table)}});
  }
  return json;
}

class DecisionFile : public testing::Test {
 protected:
  [[nodiscard]] std::string mistake(const std::string& text, const std::string& part = {}) const {
    try {
      static_cast<void>(load_decision_file(dir_.write("file", text).string() + part, "theirs"));
    } catch (const DataError& error) {
      const std::string folder = dir_.path().string() + "/";
      std::string what = error.what();
      return what.starts_with(folder) ? what.substr(folder.size()) : what;
    }
    return "no mistake";
  }

  TempDir dir_;
};

}  // namespace

TEST(Decide, NamesEachSelectorAsTheConfigurationNamesItsHeuristic) {
  PluginHost plugins;
  plugins.load_dir(BUILT_PLUGINS);
  const Config config = ConfigText(
                            "backend: host\n"
                            "problems: {tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}\n"
                            "strategies: [ONESHOT]\n"
                            "heuristics: {lut: , fastest: {heuristic: lut, mode: argmin}}\n",
                            "decide.yaml")
                            .validate(plugins);
  Dataset data(Machine{"cpu", {}});
  data.add(decision_row(cell_of(64, 1), "ONESHOT", 1.0));
  const Decision decision = decide(config, plugins, data);
  ASSERT_EQ(decision.selectors.size(), 2U);
  const Selector& plain = *decision.selectors[0];
  const Selector& renamed = *decision.selectors[1];
  EXPECT_EQ(plain.name(), "lut");
  EXPECT_EQ(renamed.name(), "fastest");
  EXPECT_EQ(renamed.select(cell_of(64, 1)), "ONESHOT");
  EXPECT_NE(renamed.table(), nullptr);
  EXPECT_TRUE(renamed.report().starts_with("fastest: lut")) << renamed.report();
}

TEST_F(DecisionFile, IsTheFirstSelectorOfAJsonOrTheNamedOne) {
  const std::string file = dir_.write("a#b.json", decision_of({"lut", "lp"}).dump()).string();
  EXPECT_THROW(static_cast<void>(load_decision_file(file, "theirs")), SystemError);  // the part of a file "a"
  const std::string plain = dir_.write("decision.json", decision_of({"lut", "lp"}).dump()).string();
  const auto first = load_decision_file(plain, "theirs");
  EXPECT_EQ(first->name(), "theirs");
  EXPECT_EQ(first->report(), "read from " + plain);
  ASSERT_NE(first->table(), nullptr);
  EXPECT_EQ(first->select(cell_of(1, 1)), "FROM_lut");
  EXPECT_EQ(load_decision_file(plain + "#lp", "theirs")->select(cell_of(1, 1)), "FROM_lp");
}

TEST_F(DecisionFile, IsATableOfAnEngine) {
  const std::string file =
      dir_.write(
              "t.cpp",
              "AllReduceBestStrategyTableType TSM90 = {{{{4}}}};\nAllReduceBestStrategyTableType TSM100 = {{{{5}}}};")
          .string();
  const auto own = load_decision_file(file, "theirs", "sm90");
  EXPECT_EQ(own->select(cell_of(128, 1)), "ONESHOT");
  EXPECT_EQ(own->report(), "read from " + file + "#TSM90");
  EXPECT_EQ(load_decision_file(file, "theirs", "sm103")->select(cell_of(128, 1)), "TWOSHOT");
  EXPECT_EQ(load_decision_file(file + "#TSM100", "theirs", "sm90")->select(cell_of(128, 1)), "TWOSHOT");
  EXPECT_THROW(static_cast<void>(load_decision_file(file, "theirs", "cpu")), DataError);
}

TEST_F(DecisionFile, HasNumbersOfThirdPartiesByWhoeverKnowsThem) {
  const auto file = dir_.write("t.cpp", "AllReduceBestStrategyTableType A = {{{{120}}}};");
  const auto known = [](long id) { return id == 120 ? std::optional<std::string>("RING") : std::nullopt; };
  EXPECT_EQ(load_decision_file(file, "theirs", "sm90", known)->select(cell_of(128, 1)), "RING");
  EXPECT_THROW(static_cast<void>(load_decision_file(file, "theirs", "sm90")), DataError);
}

TEST_F(DecisionFile, IsAPairOfThresholds) {
  const auto file = dir_.write("t.yaml", "2: {NCCL_num_token_threshold: 8, TWO_SHOT_numel_threshold: 64}");
  EXPECT_EQ(load_decision_file(file, "theirs")->select(cell_of(16, 4)), "TWOSHOT");
  EXPECT_THAT(mistake("2: {NCCL_num_token_threshold: 8, TWO_SHOT_numel_threshold: 64}", "#lp"),
              HasSubstr("found #lp, allowed: nothing"));
}

TEST_F(DecisionFile, SaysWhatItFoundInstead) {
  EXPECT_THAT(mistake("world_size,dtype\n2,bfloat16\n"), HasSubstr("file: found none of the files that hold a "
                                                                   "decision; allowed: Arbiter's decision.json, a "));
  EXPECT_THAT(mistake(""), HasSubstr("found none of the files"));
  EXPECT_THAT(mistake("{\n  \"format\": \n}"), HasSubstr("line 3, column 1"));
  EXPECT_EQ(mistake("{}"), "file: found no \"format\", allowed: a map that has it");
  nlohmann::json json = decision_of({"lut", "lp"});
  EXPECT_EQ(mistake(json.dump(), "#lq"),
            "file: selectors: found no lq, allowed: a name after the #; did you mean lp? "
            "Allowed: lut, lp");
  json["version"] = 2;
  EXPECT_EQ(mistake(json.dump()), "file: version: found 2, allowed: a whole number from 1 to 1");
  json["format"] = "other";
  EXPECT_EQ(mistake(json.dump()), "file: format: found \"other\", allowed: \"arbiter-decision\"");
  EXPECT_EQ(mistake(decision_of({}).dump()), "file: selectors: found a list of 0, allowed: at least one selector");
}

TEST_F(DecisionFile, ThatIsNotThereIsNamed) {
  EXPECT_THROW(static_cast<void>(load_decision_file(dir_.path() / "none.json", "theirs")), SystemError);
}

}  // namespace arbiter::test
