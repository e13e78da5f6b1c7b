// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Selector> always(const std::string& name, const std::string& strategy) {
  return std::make_shared<FunctionSelector>(name, [strategy](const Problem&) { return strategy; });
}

Dataset odd_grid() {
  Dataset data(Machine{"cpu", {}});
  data.add(decision_row({3, DType::float32, "MINE", 2880, 7}, "MPI", 1.0));
  return data;
}

std::string mistake(DecisionsReport& end, const std::vector<std::pair<std::string, std::string>>& parameters = {}) {
  try {
    load_plugin<Sink>(CPP_TABLE_PLUGIN, parameters)->write(end.report);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no mistake";
}

std::string table_of(const DecisionsReport& end) {
  return read_file(end.run.output_dir / "gen_heuristic_code" / "generated_lookup_table.cpp");
}

}  // namespace

TEST(CppTable, WritesTheSeedAxesWhateverWasMeasured) {
  DecisionsReport end(odd_grid(), {always("lut", "ONESHOT")});
  load_plugin<Sink>(CPP_TABLE_PLUGIN)->write(end.report);
  const std::string text = table_of(end);
  EXPECT_THAT(text, HasSubstr("AllReduceBestStrategyTableCPU = {\n"));
  EXPECT_THAT(text, HasSubstr("// TP:[2, 4, 8] Fusion:['NONE', 'RESIDUAL_RMS_NORM', 'RESIDUAL_RMS_NORM_QUANT_FP8', "
                              "'RESIDUAL_RMS_NORM_QUANT_NVFP4']\n"));
  EXPECT_THAT(text,
              HasSubstr("            {4,4,4,4,4,4,4,4,4,4,4,4,4,4,4} // hidden_size=8192\n        }\n    }\n};\n"));
  ASSERT_EQ(end.said.size(), 1U);
  EXPECT_THAT(end.said[0], HasSubstr("generated_lookup_table.cpp: 3 x 4 x 7 x 15 cells of lut"));
}

TEST(CppTable, WritesTheDataAxesOrGivenOnes) {
  DecisionsReport end(odd_grid(), {always("lut", "MPI")});
  load_plugin<Sink>(CPP_TABLE_PLUGIN, {{"axes", "data"}})->write(end.report);
  EXPECT_THAT(table_of(end), HasSubstr("{100} // hidden_size=2880"));
  load_plugin<Sink>(CPP_TABLE_PLUGIN, {{"axes", "data"},
                                       {"tp_size", "[2, 6]"},
                                       {"fusions", "[A, B]"},
                                       {"hidden_size", "[96]"},
                                       {"num_tokens", "[1, 3]"}})
      ->write(end.report);
  EXPECT_THAT(table_of(end), HasSubstr("// TP:[2, 6] Fusion:['A', 'B']\n"));
  EXPECT_THAT(table_of(end), HasSubstr("            {100,100} // hidden_size=96\n"));
  EXPECT_THAT(table_of(end), HasSubstr("// Tokens:[1, 3]\n"));
}

TEST(CppTable, WritesTheNamedSelector) {
  DecisionsReport end(odd_grid(), {always("lut", "MPI"), always("lp", "TWOSHOT")});
  load_plugin<Sink>(CPP_TABLE_PLUGIN, {{"axes", "data"}, {"selector", "lp"}})->write(end.report);
  EXPECT_THAT(table_of(end), HasSubstr("{5} // hidden_size=2880"));
  EXPECT_EQ(mistake(end, {{"selector", "oracle"}}), "cpp_table: selector: found oracle, allowed: lut, lp");
}

TEST(CppTable, AsksInADtypeThatWasMeasured) {
  const auto by_dtype = std::make_shared<FunctionSelector>(
      "lut", [](const Problem& problem) { return problem.dtype == DType::float32 ? "ONESHOT" : "MPI"; });
  DecisionsReport end(odd_grid(), {by_dtype});
  load_plugin<Sink>(CPP_TABLE_PLUGIN, {{"axes", "data"}})->write(end.report);
  EXPECT_THAT(table_of(end), HasSubstr("{4} // hidden_size=2880"));
}

TEST(CppTable, IsOfOneDtypeAndNamesItWithTheSettingAndTheRuns) {
  Dataset data = odd_grid();
  data.add(decision_row({3, DType::bfloat16, "MINE", 64, 9}, "MPI", 1.0));
  const auto by_dtype = std::make_shared<FunctionSelector>(
      "lut", [](const Problem& problem) { return problem.dtype == DType::float32 ? "ONESHOT" : "MPI"; });
  DecisionsReport end(data, {by_dtype});
  end.report.setting = {"cuda", 1, "allreduce", true, Context::engine};
  end.run.runs = {{"20261128-031357-1a2b", "2026-11-28T03:13:57Z", "0.2.0 (1a2b3c4d5e6f)"}};
  end.run.mixed = {"two runs differ in driver: 1 / 2"};
  load_plugin<Sink>(CPP_TABLE_PLUGIN, {{"axes", "data"}})->write(end.report);
  EXPECT_THAT(table_of(end), ::testing::StartsWith(
                                 "// Setting: cuda, allreduce, graph, context engine, bfloat16.\n"
                                 "// Run 20261128-031357-1a2b of 2026-11-28T03:13:57Z, Arbiter 0.2.0 (1a2b3c4d5e6f).\n"
                                 "// Joined although two runs differ in driver: 1 / 2.\n"
                                 "// What was measured under the numbers of this file:\n"
                                 "// Strategy 100: MPI\n"));
  EXPECT_THAT(table_of(end), HasSubstr("            {100} // hidden_size=64\n        }"));
  EXPECT_EQ(end.said.front(), "cpp_table: made of bfloat16; float32 in the data are left out");
}

TEST(CppTable, SaysOfEachNumberWhatWasMeasuredAndThatItIsNoEnginesKernel) {
  DecisionsReport end(odd_grid(), {always("lut", "ONESHOT"), always("mine", "MPI")});
  end.report.strategies = {{"ONESHOT", "ONESHOT", "cuda", {{"trigger", "early"}, {"programmatic", "true"}}},
                           {"PLAIN", "ONESHOT", "cuda", {{"trigger", "early"}, {"programmatic", "false"}}}};
  load_plugin<Sink>(CPP_TABLE_PLUGIN, {{"axes", "data"}})->write(end.report);
  EXPECT_THAT(table_of(end),
              HasSubstr("// What was measured under the numbers of this file:\n"
                        "// Strategy 4: ONESHOT\n"
                        "//   the strategy ONESHOT on cuda, programmatic: true\n"
                        "// AllReduceStrategyType of TensorRT-LLM has the numbers below 99 too, for its own kernels."));
  EXPECT_THAT(table_of(end), HasSubstr("those under engines/ are always made of an engine's own kernels.\n"));
  load_plugin<Sink>(CPP_TABLE_PLUGIN, {{"axes", "data"}, {"selector", "mine"}})->write(end.report);
  EXPECT_THAT(table_of(end),
              HasSubstr("// Strategy 100: MPI\n//   as the data call it; what ran is not recorded\n// All"));
}

TEST(CppTable, NamesAStrategyWithoutANumberAndWritesNothing) {
  DecisionsReport end(odd_grid(), {always("lut", "MINE")});
  EXPECT_EQ(mistake(end),
            "cpp_table: lut chose MINE for tp 2, float32, NONE, 1 tokens x 128, which has no number in tables; give "
            "it a table_id");
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
}

TEST(CppTable, NeedsASelectorAndAPlatform) {
  DecisionsReport none(odd_grid());
  EXPECT_THAT(mistake(none), HasSubstr("no heuristic"));
  DecisionsReport nameless(Dataset{}, {always("lut", "MPI")});
  EXPECT_THAT(mistake(nameless), HasSubstr("platform"));
}

}  // namespace arbiter::test
