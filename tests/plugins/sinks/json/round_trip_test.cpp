// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "arbiter/files.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "support/decisions_tables.hpp"
#include "sweep/decision.hpp"

namespace arbiter::test {

namespace {

class TableSelector : public Selector {
 public:
  TableSelector(std::string name, DecisionTable table) : name_(std::move(name)), table_(std::move(table)) {}
  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string select(const Problem& problem) const override { return table_.select(problem); }
  [[nodiscard]] std::string report() const override { return "one\ntwo"; }
  [[nodiscard]] const DecisionTable* table() const override { return &table_; }

 private:
  std::string name_;
  DecisionTable table_;
};

}  // namespace

TEST(DecisionJson, IsReadBackWithTheSameAnswersForEverySelector) {
  std::vector<std::shared_ptr<const Selector>> selectors;
  std::uint64_t seed = 40;
  for (const LookUp look_up : {LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2}) {
    selectors.push_back(std::make_shared<TableSelector>(std::string(name_of(look_up)), any_table(look_up, ++seed)));
  }
  DecisionsReport end(Dataset(Machine{"sm90", {}}), selectors);
  load_plugin<Sink>(JSON_PLUGIN)->write(end.report);
  const std::string file = (end.run.output_dir / "decision.json").string();
  for (const auto& selector : selectors) {
    const auto again = load_decision_file(file + "#" + selector->name(), "again");
    for (const Problem& problem : cells_in(*selector->table())) {
      ASSERT_EQ(again->select(problem), selector->select(problem)) << to_string(problem);
    }
    std::mt19937_64 random(seed);
    for (int i = 0; i < 100'000; ++i) {
      const Problem problem = any_problem(random);
      ASSERT_EQ(again->select(problem), selector->select(problem)) << to_string(problem);
    }
  }
  EXPECT_EQ(load_decision_file(file, "again")->select({16, DType::float16, "NONE", 1 << 20, 1 << 20}), "MNNVL");
}

TEST(DecisionJson, HoldsTheChoicesOfASelectorThatHasNoTableAndSaysSo) {
  Dataset data(Machine{"sm90", {}});
  for (const std::int64_t tokens : {1, 2, 64}) data.add(decision_row(cell_of(128, tokens), "NCCL", 1.0));
  const auto mine = std::make_shared<FunctionSelector>(
      "mine", [](const Problem& problem) { return problem.num_tokens > 2 ? "TWOSHOT" : "ONESHOT"; });
  DecisionsReport end(data, {mine});
  load_plugin<Sink>(JSON_PLUGIN)->write(end.report);
  const auto file = end.run.output_dir / "decision.json";
  const auto document = nlohmann::json::parse(read_file(file));
  EXPECT_EQ(document["selectors"][0]["sampled"], true);
  EXPECT_EQ(document["selectors"][0]["report"], nlohmann::json::parse(R"(["mine says nothing"])"));
  const auto again = load_decision_file(file, "again");
  for (const std::int64_t tokens : {1, 2, 64}) {
    EXPECT_EQ(again->select(cell_of(128, tokens)), mine->select(cell_of(128, tokens)));
  }
}

}  // namespace arbiter::test
