// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class TableOnly : public Selector {
 public:
  explicit TableOnly(std::string strategy) { table_.fallback = std::move(strategy); }
  explicit TableOnly(DecisionTable table) : table_(std::move(table)) {}
  [[nodiscard]] std::string name() const override { return "lut"; }
  [[nodiscard]] std::string select(const Problem& problem) const override { return table_.select(problem); }
  [[nodiscard]] std::string report() const override { return {}; }
  [[nodiscard]] const DecisionTable* table() const override { return &table_; }

 private:
  DecisionTable table_;
};

std::shared_ptr<const Selector> without_table() {
  return std::make_shared<FunctionSelector>("lp", [](const Problem&) { return "TWOSHOT"; });
}

Dataset two_cells() {
  Dataset data(Machine{"sm90", {{"gpu", "NVIDIA H200"}, {"nccl", "2.27\nfoo"}}});
  data.add(decision_row(cell_of(128, 1), "NCCL", 1.0));
  data.add(decision_row(cell_of(128, 2), "NCCL", 1.0));
  return data;
}

std::string header_of(const DecisionsReport& end) { return read_file(end.run.output_dir / "arbiter_decision.hpp"); }

}  // namespace

TEST(CppHeader, SaysWhereTheDecisionComesFromAndItsRule) {
  DecisionsReport end(two_cells(), {std::make_shared<TableOnly>("ONESHOT"), without_table()});
  load_plugin<Sink>(CPP_HEADER_PLUGIN)->write(end.report);
  const std::string text = header_of(end);
  EXPECT_THAT(text, HasSubstr("// Decision of lut, measured on sm90:\n//   gpu: NVIDIA H200\n//   nccl: 2.27\\nfoo\n"));
  EXPECT_THAT(text, HasSubstr("the nearest hidden size, and there of the nearest number of tokens"));
  EXPECT_THAT(text, HasSubstr("// Whatever was never measured gets ONESHOT.\n"));
  EXPECT_THAT(text, HasSubstr("namespace arbiter_decision {"));
  EXPECT_THAT(text, HasSubstr("  ONESHOT = 4,\n"));
  EXPECT_THAT(text, Not(HasSubstr("has no table")));
  EXPECT_THAT(end.said,
              ElementsAre(HasSubstr("arbiter_decision.hpp: the decision of lut: 0 grids, looked up by nearest")));
}

TEST(CppHeader, SaysOfEachNumberWhatWasMeasuredAndThatItIsNoEnginesKernel) {
  DecisionTable table;
  table.fallback = "NCCL";
  table.grids = {{2, DType::bfloat16, "NONE", {128}, {1}, {"ONESHOT"}, {0}}};
  DecisionsReport end(two_cells(), {std::make_shared<TableOnly>(table)});
  end.report.strategies = {{"ONESHOT", "ONESHOT", "cuda", {}}};
  load_plugin<Sink>(CPP_HEADER_PLUGIN)->write(end.report);
  EXPECT_THAT(
      header_of(end),
      AllOf(HasSubstr("// The strategies by their numbers in tables, and what was measured under each:\n"
                      "//   0 NCCL: as the data call it; what ran is not recorded\n"
                      "//   4 ONESHOT: the strategy ONESHOT on cuda\n"
                      "// AllReduceStrategyType of TensorRT-LLM has the numbers below 99 too, for its own"),
            HasSubstr("those under engines/ are always made of an engine's own kernels.\nenum class Strategy")));
}

TEST(CppHeader, SaysOfStepsThatTheyGoByMessageBytes) {
  DecisionTable table;
  table.fallback = "NCCL";
  table.steps = {{2, DType::bfloat16, "NONE", {{4096, "ONESHOT"}, {INT64_MAX, "NCCL"}}},
                 {4, DType::bfloat16, "NONE", {{8192, "ONESHOT"}, {INT64_MAX, "NCCL"}}}};
  DecisionsReport end(two_cells(), {std::make_shared<TableOnly>(table)});
  const auto sink = load_plugin<Sink>(CPP_HEADER_PLUGIN);
  sink->write(end.report);
  EXPECT_THAT(header_of(end),
              AllOf(HasSubstr("// By message bytes: the first step whose last byte is at least the message's.\n"),
                    Not(HasSubstr("off the grid"))));
  table.grids = {{8, DType::bfloat16, "NONE", {128}, {1}, {"TWOSHOT"}, {0}}};
  DecisionsReport both(two_cells(), {std::make_shared<TableOnly>(table)});
  sink->write(both.report);
  EXPECT_THAT(header_of(both), AllOf(HasSubstr("// A shape off the grid gets"),
                                     HasSubstr("// A tp size and fusion without a grid, by message bytes: the first")));
  EXPECT_THAT(end.said, ElementsAre(HasSubstr("the decision of lut: 2 lists of steps, by message bytes")));
  EXPECT_THAT(both.said,
              ElementsAre(HasSubstr("lut: 1 grids, looked up by nearest; 2 lists of steps, by message bytes")));
}

TEST(CppHeader, SamplesASelectorThatHasNoTableAndSaysSo) {
  DecisionsReport end(two_cells(), {std::make_shared<TableOnly>("ONESHOT"), without_table()});
  load_plugin<Sink>(CPP_HEADER_PLUGIN, {{"selector", "lp"}, {"namespace", "engine::allreduce"}})->write(end.report);
  const std::string text = header_of(end);
  EXPECT_THAT(text, HasSubstr("// lp has no table: this is what it chose in the measured cells;"));
  EXPECT_THAT(text, HasSubstr("#ifndef ENGINE_ALLREDUCE_HPP\n"));
  EXPECT_THAT(text, HasSubstr("namespace engine::allreduce {"));
  EXPECT_THAT(text, HasSubstr("hidden_sizes_0[] = {128};\ninline constexpr std::int64_t num_tokens_0[] = {1, 2};"));
}

TEST(CppHeader, NamesWhatCannotBeWritten) {
  DecisionsReport end(two_cells(), {without_table()});
  const auto mistake = [&](DecisionsReport& report,
                           const std::vector<std::pair<std::string, std::string>>& parameters) {
    try {
      load_plugin<Sink>(CPP_HEADER_PLUGIN, parameters)->write(report.report);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no mistake");
  };
  EXPECT_EQ(mistake(end, {{"selector", "oracle"}}), "cpp_header: selector: found oracle, allowed: lp");
  for (const char* bad : {"'a::'", "1a", "class", "'a:b'", "''"}) {
    EXPECT_THAT(mistake(end, {{"namespace", bad}}), HasSubstr("allowed: names of C++ with :: between them")) << bad;
  }
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  DecisionsReport none(two_cells());
  EXPECT_EQ(mistake(none, {}), "cpp_header: no heuristic made a selector to write");
}

}  // namespace arbiter::test
