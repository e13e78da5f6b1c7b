// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <regex>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "support/decisions_report.hpp"
#include "support/engine_sinks.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Table = std::vector<std::vector<std::vector<std::vector<int>>>>;

/// The initializer list of the source, comments removed, as the compiler would nest it.
Table parsed(std::string text) {
  text = std::regex_replace(text.substr(text.find(" = {") + 3), std::regex("//[^\n]*|\\s"), "");
  Table table;
  int depth = 0;
  for (std::size_t i = 0; i < text.size() && text[i] != ';';) {
    if (text[i] == '{') {
      ++depth;
      if (depth == 2) table.emplace_back();
      if (depth == 3) table.back().emplace_back();
      if (depth == 4) table.back().back().emplace_back();
    } else if (text[i] == '}') {
      --depth;
    } else if (text[i] != ',') {
      std::size_t length = 0;
      table.back().back().back().push_back(std::stoi(text.substr(i), &length));
      i += length;
      continue;
    }
    ++i;
  }
  return table;
}

/// TensorRT-LLM's look-up, with the conversions of floating point that its indices are made by.
int consumer(const Table& table, const Problem& problem) {
  const std::map<std::string, std::size_t> fusions = {{"NONE", 0},
                                                      {"RESIDUAL_RMS_NORM", 1},
                                                      {"RESIDUAL_RMS_NORM_QUANT_FP8", 2},
                                                      {"RESIDUAL_RMS_NORM_QUANT_NVFP4", 3},
                                                      {"RESIDUAL_RMS_NORM_OUT_QUANT_FP8", 2},
                                                      {"RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4", 3}};
  const auto index = [](double value) { return value < 0.0 ? std::size_t{1} << 60U : static_cast<std::size_t>(value); };
  const std::size_t tp = index(std::log2(problem.tp_size) - 1);
  const std::size_t fusion = fusions.at(problem.fusion);
  const std::size_t tokens = index(std::log2(static_cast<double>(problem.num_tokens)));
  const std::size_t hidden = index(std::log2(static_cast<double>(problem.hidden_size)) - 7);
  if (tp >= table.size() || fusion >= table[tp].size() || hidden >= table[tp][fusion].size() ||
      tokens >= table[tp][fusion][hidden].size()) {
    return 0;
  }
  return table[tp][fusion][hidden][tokens];
}

const std::map<std::string, std::vector<std::string>> paths = {
    {"0", {"NCCL"}}, {"4", {"ONESHOT"}}, {"5", {"TWOSHOT"}}, {"8", {"NCCL_SYMMETRIC"}}};

Table table_of(const DecisionsReport& end) {
  return parsed(read_file(end.run.output_dir / "engines/trtllm_table/generated_lookup_table.cpp"));
}

Judgement replay(const Table& table, const Dataset& data) {
  Answers answers;
  for (const auto& [problem, cell] : data.cells()) answers[problem] = std::to_string(consumer(table, problem));
  return judge(data, answers, paths);
}

using Names = std::vector<std::pair<std::string, std::string>>;
const Names named = {
    {"nccl", "[NCCL]"}, {"one_shot", "[ONESHOT]"}, {"two_shot", "[TWOSHOT]"}, {"nccl_symmetric", "[NCCL_SYMMETRIC]"}};

void write(DecisionsReport& end, const Names& names = named) { load_plugin<Sink>(PLUGIN, names)->write(end.report); }

/// Powers of two only, the strategy chosen at random in each cell.
Dataset round_cells(unsigned seed) {
  std::mt19937 random(seed);
  Dataset data(Machine{"sm89", {}});
  const std::vector<std::string> strategies = {"NCCL", "ONESHOT", "TWOSHOT", "NCCL_SYMMETRIC"};
  for (const int tp_size : {2, 4, 8}) {
    for (const char* fusion : {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_NVFP4"}) {
      for (const std::int64_t hidden : powers_of_two(128, 8192)) {
        for (const std::int64_t tokens : powers_of_two(1, 16384)) {
          for (const std::string& name : strategies) {
            if (name == "TWOSHOT" && tokens < tp_size) continue;
            data.add(decision_row({tp_size, DType::bfloat16, fusion, hidden, tokens}, name,
                                  1.0 + static_cast<double>(random() % 1000)));
          }
        }
      }
    }
  }
  return data;
}

}  // namespace

TEST(TrtllmTable, MakesTheEngineChooseTheBestStrategyAtEveryPointOfTheGrid) {
  DecisionsReport end(round_cells(3));
  write(end);
  const Judgement judgement = replay(table_of(end), end.dataset);
  EXPECT_EQ(judgement.cells, 3 * 3 * 7 * 15);
  EXPECT_DOUBLE_EQ(judgement.worst, 0.0);
}

TEST(TrtllmTable, StatesTheRegretThatItsReplayFindsOffTheGrid) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    DecisionsReport end(engine_sweep(
        {{2, 4, 8}, {"NONE", "RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_OUT_QUANT_FP8"}, 0.4, seed}));
    write(end);
    for (const int tp_size : {2, 4, 8}) {
      const Judgement judgement = replay(table_of(end), end.dataset.of_tp_size(tp_size));
      EXPECT_GT(judgement.worst, 0.0);
      EXPECT_THAT(line_with(end.said, fmt::format("tp {}:", tp_size)),
                  AllOf(HasSubstr(judgement.stated()), HasSubstr(judgement.stated_worst())));
    }
  }
}

TEST(TrtllmTable, HasTheWholeStrictFormWhateverWasMeasured) {
  DecisionsReport end(engine_sweep({{8}}));
  write(end);
  const Table table = table_of(end);
  ASSERT_EQ(table.size(), 3U);
  for (std::size_t tp = 0; tp < 3; ++tp) {
    ASSERT_EQ(table[tp].size(), 4U);
    for (const auto& fusion : table[tp]) {
      ASSERT_EQ(fusion.size(), 7U);
      for (const auto& tokens : fusion) {
        ASSERT_EQ(tokens.size(), 15U);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
          EXPECT_THAT(tokens[i], ::testing::AnyOf(0, 4, 5, 8));
          if (i < tp + 1) {
            EXPECT_NE(tokens[i], 5);
          }
          if (tp < 2) {
            EXPECT_EQ(tokens[i], 0);
          }
        }
      }
    }
  }
  EXPECT_THAT(end.said, ::testing::Contains("trtllm_table: tp 2 was not measured: NCCL throughout"));
}

TEST(TrtllmTable, CallsTheTableByTheVersionTheEngineLooksFor) {
  DecisionsReport before(round_cells(1));
  write(before);
  EXPECT_THAT(read_file(before.run.output_dir / "engines/trtllm_table/generated_lookup_table.cpp"),
              HasSubstr("AllReduceBestStrategyTableSM90 = {"));
  Dataset later(Machine{"sm103", {}});
  later.append(round_cells(1));
  DecisionsReport after(later);
  write(after);
  EXPECT_THAT(read_file(after.run.output_dir / "engines/trtllm_table/generated_lookup_table.cpp"),
              HasSubstr("AllReduceBestStrategyTableSM100 = {"));
}

TEST(TrtllmTable, SaysSoIfNothingMeasuredHasAPlaceInIt) {
  Dataset data(Machine{"sm90", {}});
  data.add(decision_row({2, DType::bfloat16, "NONE", 64, 1}, "NCCL", 1.0));
  DecisionsReport end(data);
  write(end, {{"nccl", "[NCCL]"}});
  EXPECT_THAT(end.said, ::testing::ElementsAre(HasSubstr("nothing to write")));
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
}

TEST(TrtllmTable, WritesNoFileAndOneLineWhereNoStrategyIsNamed) {
  DecisionsReport end(engine_sweep({{2}, {"NONE", "RESIDUAL_RMS_NORM"}}));
  load_plugin<Sink>(PLUGIN)->write(end.report);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said, ::testing::ElementsAre(AllOf(
                            HasSubstr("trtllm_table: nothing to write: no strategy is named for TensorRT-LLM's paths"),
                            HasSubstr("sinks: {trtllm_table: {nccl: [NAME]}}"),
                            HasSubstr("paths: nccl, one_shot, two_shot, nccl_symmetric;"),
                            HasSubstr("names in the data: NCCL, NCCL_SYMMETRIC, ONESHOT, TWOSHOT"))));
}

TEST(TrtllmTable, RefusesANamedStrategyThatIsNotInTheData) {
  DecisionsReport end(engine_sweep({{2}}));
  const auto sink = load_plugin<Sink>(PLUGIN, {{"nccl", "[MISSING]"}});
  try {
    sink->write(end.report);
    FAIL() << "a strategy without data was taken";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("trtllm_table: nccl: found MISSING"), HasSubstr("allowed: "), HasSubstr("ONESHOT")));
  }
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
}

TEST(TrtllmTable, SaysInItsFileWhichStrategyStandsForWhichPath) {
  DecisionsReport end(engine_sweep({{2}}));
  write(end, {{"nccl", "[NCCL]"}, {"one_shot", "[ONESHOT, TWOSHOT]"}});
  EXPECT_THAT(read_file(end.run.output_dir / "engines/trtllm_table/generated_lookup_table.cpp"),
              HasSubstr("\n// TensorRT-LLM's paths were measured as: nccl: NCCL; one_shot: ONESHOT, TWOSHOT.\n"));
}

TEST(TrtllmTable, GivesNoPathToAStrategyForItsTableIdAlone) {
  DecisionsReport end(engine_sweep({{2}}));
  end.ids["NCCL_SYMMETRIC"] = 8;
  write(end, {{"nccl", "[NCCL]"}, {"one_shot", "[ONESHOT]"}});
  const Table table = table_of(end);
  for (const auto& fusion : table.at(0)) {
    for (const auto& tokens : fusion) EXPECT_THAT(tokens, ::testing::Each(::testing::AnyOf(0, 4)));
  }
}

TEST(TrtllmTable, IsOfOneDtypeAndNamesIt) {
  Dataset data(Machine{"sm90", {{"gpu", "NVIDIA H200"}}});
  // In float32 the other strategy wins, by far.
  data.add(decision_row({2, DType::bfloat16, "NONE", 1024, 8}, "NCCL", 5.0));
  data.add(decision_row({2, DType::bfloat16, "NONE", 1024, 8}, "ONESHOT", 4.0));
  data.add(decision_row({2, DType::float32, "NONE", 1024, 8}, "NCCL", 5.0));
  data.add(decision_row({2, DType::float32, "NONE", 1024, 8}, "ONESHOT", 500.0));
  DecisionsReport end(data);
  end.report.setting = {"cuda", 1, "allreduce", true, Context::engine};
  write(end, {{"nccl", "[NCCL]"}, {"one_shot", "[ONESHOT]"}});
  const auto text = read_file(end.run.output_dir / "engines/trtllm_table/generated_lookup_table.cpp");
  EXPECT_THAT(text, HasSubstr("// Setting: cuda, allreduce, graph, context engine, bfloat16.\n"));
  EXPECT_THAT(text, HasSubstr("{0,0,0,4,0,"));
  EXPECT_THAT(end.said, ::testing::Contains("trtllm_table: made of bfloat16; float32 in the data are left out"));
}

}  // namespace arbiter::test
