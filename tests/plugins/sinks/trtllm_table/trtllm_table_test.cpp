// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <regex>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "support/decisions_report.hpp"
#include "support/engine_sinks.hpp"
#include "trtllm_table/shipped_table.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using trtllm::BucketTable;
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

/// TensorRT-LLM's dispatch, with the conversions of floating point that its indices are made by.
int consumer(const Table& table, const Problem& problem) {
  const std::map<std::string, std::size_t> fusions = {{"NONE", 0},
                                                      {"RESIDUAL_RMS_NORM", 1},
                                                      {"RESIDUAL_RMS_NORM_QUANT_FP8", 2},
                                                      {"RESIDUAL_RMS_NORM_QUANT_NVFP4", 3},
                                                      {"RESIDUAL_RMS_NORM_OUT_QUANT_FP8", 2},
                                                      {"RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4", 3}};
  if (problem.message_bytes() > 67108864) return 0;
  const auto index = [](double value) { return value < 0.0 ? std::size_t{1} << 60U : static_cast<std::size_t>(value); };
  const std::size_t tp = index(std::log2(problem.tp_size) - 1);
  const std::size_t fusion = fusions.at(problem.fusion);
  const std::size_t tokens = index(std::log2(static_cast<double>(problem.num_tokens)));
  const std::size_t hidden = index(std::log2(static_cast<double>(problem.hidden_size)) - 7);
  if (tp >= table.size() || fusion >= table[tp].size() || hidden >= table[tp][fusion].size() ||
      tokens >= table[tp][fusion][hidden].size()) {
    return 0;
  }
  const int id = table[tp][fusion][hidden][tokens];
  EXPECT_TRUE(id != 5 || problem.num_tokens >= problem.tp_size) << "the engine ends: " << to_string(problem);
  return id;
}

const std::vector<std::string> own_names = {"NCCL", "TRTLLM_ONESHOT", "TRTLLM_TWOSHOT", "NCCL_SYMMETRIC"};
const std::map<std::string, std::vector<std::string>> paths = {
    {"0", {"NCCL"}}, {"4", {"TRTLLM_ONESHOT"}}, {"5", {"TRTLLM_TWOSHOT"}}, {"8", {"NCCL_SYMMETRIC"}}};

std::filesystem::path artefact(const DecisionsReport& end) {
  return end.run.output_dir / "engines/trtllm_table/generated_lookup_table.cpp";
}

Table table_of(const DecisionsReport& end) { return parsed(read_file(artefact(end))); }

Judgement replay(const Table& table, const Dataset& data) {
  Answers answers;
  for (const auto& [problem, cell] : data.cells()) answers[problem] = std::to_string(consumer(table, problem));
  return judge(data, answers, paths);
}

Judgement replay_shipped(const Dataset& data) {
  const auto table = trtllm::shipped_table(90);
  const trtllm::Dispatch dispatch(67108864);
  Answers answers;
  for (const auto& [problem, cell] : data.cells()) answers[problem] = dispatch.look_up(table, problem);
  return judge(data, answers, paths);
}

void write(DecisionsReport& end, const std::vector<std::pair<std::string, std::string>>& parameters = {}) {
  load_plugin<Sink>(PLUGIN, parameters)->write(end.report);
}

/// A sweep of kernels whose times are those of a model, each off by a share of up to `noise`, or anything at all.
struct Sweep {
  std::vector<int> tp_sizes = {2, 4, 8};
  std::vector<std::string> fusions = {"NONE", "RESIDUAL_RMS_NORM"};
  std::vector<std::int64_t> hidden_sizes = powers_of_two(128, 8192);
  std::vector<std::int64_t> num_tokens = powers_of_two(1, 16384);
  std::vector<std::string> strategies = own_names;
  double noise = 0.0;
  bool anything = false;
  unsigned seed = 1;
  const char* platform = "sm90";
};

double model_time(const Problem& problem, std::size_t strategy) {
  const double bytes = static_cast<double>(problem.message_bytes()) / 400e3;
  const double ranks = problem.tp_size;
  const double times[] = {12.0 + bytes * 1.4, 3.0 + bytes * (ranks - 1.0), 5.0 + bytes * 2.0, 7.0 + bytes * 1.5};
  return times[strategy % 4];
}

Dataset measured(const Sweep& sweep) {
  std::mt19937 random(sweep.seed);
  std::uniform_real_distribution<double> factor(1.0 - sweep.noise, 1.0 + sweep.noise);
  Dataset data(Machine{sweep.platform, {{"gpu", "NVIDIA H200"}}});
  for (const int tp_size : sweep.tp_sizes) {
    for (const std::string& fusion : sweep.fusions) {
      for (const std::int64_t hidden : sweep.hidden_sizes) {
        for (const std::int64_t tokens : sweep.num_tokens) {
          const Problem problem{tp_size, DType::bfloat16, fusion, hidden, tokens};
          for (std::size_t i = 0; i < sweep.strategies.size(); ++i) {
            if (i == 2 && tokens < tp_size) continue;  // two shots
            const double time = sweep.anything ? 1.0 + static_cast<double>(random() % 1000) : model_time(problem, i);
            data.add(engine_context_row(problem, sweep.strategies[i], time * factor(random)));
          }
        }
      }
    }
  }
  return data;
}

/// The messages for which the table is asked.
Dataset within_workspace(const Dataset& data) {
  Dataset result(data.machine());
  for (const Measurement& row : data.rows()) {
    if (row.problem.message_bytes() <= 67108864) result.add(row);
  }
  return result;
}

}  // namespace

TEST(TrtllmTable, MakesTheEngineChooseTheBestStrategyAtEveryPointThatItIsAskedFor) {
  Sweep sweep;
  sweep.fusions = {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_NVFP4"};
  sweep.anything = true;
  DecisionsReport end(measured(sweep));
  write(end);
  const Judgement judgement = replay(table_of(end), within_workspace(end.dataset));
  EXPECT_EQ(judgement.cells, 3 * 3 * (7 * 15 - 3));
  EXPECT_LE(judgement.worst, 0.01);
}

TEST(TrtllmTable, CountsTheRegretOfMessagesAboveTheWorkspace) {
  Sweep sweep;
  sweep.tp_sizes = {2};
  sweep.hidden_sizes = {4096, 8192};
  DecisionsReport end(measured(sweep));
  write(end);
  const Judgement judgement = replay(table_of(end), end.dataset);
  const Judgement below = replay(table_of(end), within_workspace(end.dataset));
  EXPECT_GT(judgement.worst, below.worst);  // one shot would be faster than NCCL there
  EXPECT_THAT(
      line_with(end.said, "over the fastest strategy"),
      HasSubstr(fmt::format("here {:.2f} ({:.2f}) over the fastest", 100.0 * judgement.mean, 100.0 * judgement.worst)));
  EXPECT_THAT(line_with(end.said, "cannot choose it"), HasSubstr("TRTLLM_ONESHOT is the fastest in"));
}

TEST(TrtllmTable, StatesTheRegretThatItsReplayFindsAndIsNeverWorseThanTheShippedTable) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    Sweep sweep;
    sweep.fusions = {"NONE", "RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_OUT_QUANT_FP8"};
    sweep.hidden_sizes = {1024, 2880, 5120};
    sweep.num_tokens = {1, 2, 3, 8, 40, 64, 333, 512, 2048, 4096};
    sweep.noise = 0.4;
    sweep.seed = seed;
    DecisionsReport end(measured(sweep));
    write(end);
    for (const int tp_size : {2, 4, 8}) {
      const Dataset own = end.dataset.of_tp_size(tp_size);
      const Judgement judgement = replay(table_of(end), own);
      const Judgement shipped = replay_shipped(own);
      EXPECT_LE(judgement.mean, shipped.mean + 1e-12);
      EXPECT_THAT(line_with(end.said, fmt::format("tp {}: shipped", tp_size)),
                  HasSubstr(fmt::format("shipped {:.2f} ({:.2f}), here {:.2f} ({:.2f}) over the best path",
                                        100.0 * shipped.mean, 100.0 * shipped.worst, 100.0 * judgement.mean,
                                        100.0 * judgement.worst)));
    }
  }
}

TEST(TrtllmTable, IsJudgedOnHeldOutCells) {
  using Times = std::map<std::int64_t, std::pair<double, double>>;
  const auto cells_at = [](std::int64_t hidden, const Times& times) {
    return two_kernels_at(hidden, "TRTLLM_ONESHOT", "TRTLLM_TWOSHOT", times, {"NCCL"});
  };
  // TensorRT-LLM has one shot up to 128 tokens here, two from 256 on. Both hidden sizes are of the same points.
  DecisionsReport end(cells_at(4096, {{64, {2, 1}}, {256, {1, 2}}, {512, {2, 1}}}));
  end.holdout = cells_at(7168, {{64, {3, 1}}, {256, {1.2, 1}}, {512, {1, 2}}});
  write(end);
  const std::string line =
      "tp 4, held out (hidden 7168, 3 cells): shipped 100.00 (200.0), here 40.00 (100.0), the best values for them "
      "0.00 (0.0)";
  EXPECT_THAT(end.said, ::testing::Contains("trtllm_table: " + line));
  EXPECT_THAT(read_file(artefact(end)), HasSubstr("// " + line + ".\n"));
  DecisionsReport without(end.dataset);
  write(without);
  EXPECT_EQ(line_with(without.said, "held out"), "");
}

TEST(TrtllmTable, ChangesOnlyThePointsThatGainWhereTheWholeGainsLittle) {
  // Two measurements of a machine: at one point of 60 one shot loses 9.9 % or 10.5 %.
  for (const double loss : {0.099, 0.105}) {
    Dataset data(Machine{"sm90", {}});
    const Problem slow{4, DType::bfloat16, "NONE", 8192, 128};
    BucketTable expected = trtllm::shipped_table(90);
    expected.at(slow) = "5";
    for (const auto& [point, id] : trtllm::shipped_table(90)) {
      if (point.tp_size != 4 || point.fusion != "NONE" || point.hidden_size < 1024 || point.num_tokens < 8) continue;
      if (point.message_bytes() > 67108864) continue;
      for (const auto& [other, strategies] : paths) {
        const double time = other == id ? 10.0 : 11.0;
        data.add(engine_context_row(point, strategies.front(),
                                    point != slow  ? time
                                    : other == "5" ? 10.0
                                                   : 10.0 * (1.0 + loss)));
      }
    }
    DecisionsReport end(data);
    write(end);
    const Table table = table_of(end);
    for (const auto& [point, id] : expected) {
      if (point.message_bytes() <= 67108864) {
        EXPECT_EQ(std::to_string(consumer(table, point)), id) << to_string(point) << loss;
      }
    }
    EXPECT_THAT(line_with(end.said, "own ids stay"), HasSubstr("stay for NONE but for 1 measured point, as others"));
  }
}

TEST(TrtllmTable, FillsTheRestOfARowWhereAPointOfItChanges) {
  // TensorRT-LLM has one shot up to 2048 tokens here, then NCCL. More than 1024 were not measured.
  Dataset data(Machine{"sm90", {}});
  for (const std::int64_t hidden : {512, 1024}) {
    for (const std::int64_t tokens : powers_of_two(4, 1024)) {
      const Problem problem{4, DType::bfloat16, "NONE", hidden, tokens};
      const bool is_slow = hidden == 512 && tokens == 1024;
      data.add(engine_context_row(problem, "TRTLLM_ONESHOT", is_slow ? 10.8 : 10.0));
      data.add(engine_context_row(problem, "TRTLLM_TWOSHOT", is_slow ? 10.0 : 10.01));
      data.add(engine_context_row(problem, "NCCL", 20.0));
    }
  }
  DecisionsReport end(data);
  write(end);
  const Table table = table_of(end);
  EXPECT_THAT(table[1][0][2], ::testing::ElementsAre(4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5));
  EXPECT_THAT(table[1][0][1], ::testing::ElementsAre(4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 0, 0, 0)) << "another row";
}

TEST(TrtllmTable, IsTheShippedTableWhereThatIsAsGood) {
  Dataset data(Machine{"sm90", {}});
  std::mt19937 random(5);
  for (const auto& [point, id] : trtllm::shipped_table(90)) {
    if (point.message_bytes() > 67108864) continue;
    for (const auto& [other, strategies] : paths) {
      if (other == "5" && point.num_tokens < point.tp_size) continue;
      const double noise = 1.0 + 0.004 * static_cast<double>(random() % 3);
      data.add(engine_context_row(point, strategies.front(),
                                  (other == id ? 10.0 : 10.0 + static_cast<double>(random() % 2)) * noise));
    }
  }
  DecisionsReport end(data);
  write(end);
  const Table table = table_of(end);
  for (const auto& [point, id] : trtllm::shipped_table(90)) {
    if (point.message_bytes() <= 67108864) {
      EXPECT_EQ(std::to_string(consumer(table, point)), id) << to_string(point);
    }
  }
  EXPECT_THAT(line_with(end.said, "own ids stay"), HasSubstr("NONE"));
}

TEST(TrtllmTable, KeepsTheShippedIdsOfWhatWasNotMeasured) {
  Sweep sweep;
  sweep.tp_sizes = {4};
  sweep.fusions = {"NONE"};
  sweep.anything = true;
  DecisionsReport end(measured(sweep));
  write(end);
  const Table table = table_of(end);
  std::size_t changed = 0;
  for (const auto& [point, id] : trtllm::shipped_table(90)) {
    const bool same = std::to_string(consumer(table, point)) == id;
    const bool is_measured = point.tp_size == 4 && point.fusion == "NONE";
    changed += same ? 0 : 1;
    EXPECT_TRUE(same || is_measured) << to_string(point);
  }
  EXPECT_GT(changed, 30U);
  EXPECT_THAT(read_file(artefact(end)),
              AllOf(HasSubstr("// Not measured: tp 2\n"), HasSubstr("// Not measured: tp 4, RESIDUAL_RMS_NORM\n")));
}

TEST(TrtllmTable, HasTheWholeStrictFormWhateverWasMeasured) {
  Sweep sweep;
  sweep.tp_sizes = {8};
  sweep.anything = true;
  DecisionsReport end(measured(sweep));
  write(end);
  const Table table = table_of(end);
  ASSERT_EQ(table.size(), 3U);
  for (std::size_t tp = 0; tp < 3; ++tp) {
    ASSERT_EQ(table[tp].size(), 4U);
    for (const auto& fusion : table[tp]) {
      ASSERT_EQ(fusion.size(), 7U);
      for (const auto& tokens : fusion) {
        ASSERT_EQ(tokens.size(), 15U);
        EXPECT_THAT(tokens, ::testing::Each(::testing::AnyOf(0, 4, 5, 8)));
        for (std::size_t i = 0; i <= tp; ++i) EXPECT_NE(tokens[i], 5);
      }
    }
  }
}

TEST(TrtllmTable, CallsTheTableByTheVersionTheEngineLooksFor) {
  for (const auto& [platform, name] : {std::pair{"sm89", "SM90"}, {"sm103", "SM100"}}) {
    Sweep sweep;
    sweep.platform = platform;
    DecisionsReport end(measured(sweep));
    write(end);
    EXPECT_THAT(read_file(artefact(end)), HasSubstr(fmt::format("AllReduceBestStrategyTable{} = {{", name)));
  }
}

TEST(TrtllmTable, SaysSoIfNothingMeasuredHasAPlaceInIt) {
  Dataset data(Machine{"sm90", {}});
  data.add(engine_context_row({2, DType::bfloat16, "NONE", 64, 1}, "TRTLLM_ONESHOT", 1.0));
  data.add(engine_context_row({2, DType::bfloat16, "NONE", 64, 1}, "NCCL", 1.0));
  DecisionsReport end(data);
  write(end);
  EXPECT_THAT(end.said, ::testing::ElementsAre(HasSubstr("nothing to write")));
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
}

TEST(TrtllmTable, WritesNoFileAndOneLineWithoutTheEnginesKernels) {
  Sweep sweep;
  sweep.strategies = {"NCCL", "VLLM_CUSTOM", "TORCH_SYMM_TWOSHOT"};
  DecisionsReport end(measured(sweep));
  write(end);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said,
              ::testing::ElementsAre(AllOf(HasSubstr("trtllm_table: nothing to write"), HasSubstr("TRTLLM_ONESHOT"),
                                           HasSubstr("FLASHINFER_ONESHOT: {strategy: PYTHON, adapter: flashinfer"),
                                           HasSubstr("configs/engines.yaml"))));
}

TEST(TrtllmTable, NeverUsesRowsOfAnotherContext) {
  Sweep sweep;
  Dataset data(Machine{"sm90", {}});
  const Dataset all = measured(sweep);
  for (Measurement row : all.rows()) {
    row.setting.context = Context::back_to_back;
    data.add(row);
  }
  DecisionsReport end(data);
  write(end);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said, ::testing::ElementsAre(HasSubstr("back_to_back")));
}

TEST(TrtllmTable, TakesFlashInfersCopyOfTheKernelsWhereTensorRtLlmWasNotMeasuredAndSaysSo) {
  Sweep copies;
  copies.tp_sizes = {4};
  copies.strategies = {"NCCL", "FLASHINFER_ONESHOT", "FLASHINFER_TWOSHOT"};
  Sweep own;
  own.tp_sizes = {2};
  Dataset data = measured(own);
  data.append(measured(copies));
  // At tp 2 the copy would win by far.
  data.add(engine_context_row({2, DType::bfloat16, "NONE", 1024, 1}, "FLASHINFER_ONESHOT", 0.001));
  DecisionsReport end(data);
  write(end);
  const std::string text = read_file(artefact(end));
  EXPECT_THAT(text,
              HasSubstr("\n// tp 4: TensorRT-LLM itself was not measured: FlashInfer's copy of its kernels counts "
                        "for it.\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("tp 2: TensorRT-LLM itself")));
  EXPECT_THAT(text, HasSubstr("one_shot (4): TRTLLM_ONESHOT, FLASHINFER_ONESHOT; two_shot (5): TRTLLM_TWOSHOT, "
                              "FLASHINFER_TWOSHOT; nccl (0): NCCL; nccl_symmetric (8): NCCL_SYMMETRIC.\n"));
  EXPECT_THAT(line_with(end.said, "cannot choose it"), HasSubstr("tp 2: FLASHINFER_ONESHOT is the fastest in"));
}

TEST(TrtllmTable, SaysWhatItFollowsAndHowToUseIt) {
  Sweep sweep;
  DecisionsReport end(measured(sweep));
  end.report.setting.context = Context::engine;
  write(end);
  EXPECT_THAT(read_file(artefact(end)),
              AllOf(HasSubstr("// For TensorRT-LLM after 1.2"), HasSubstr("measured on sm90 (NVIDIA H200)"),
                    HasSubstr("AllReduceBestStrategyTableSM90 in cpp/tensorrt_llm/common/customAllReduceUtils.h"),
                    HasSubstr("TLLM_DISABLE_ALLREDUCE_AUTOTUNE=1"), HasSubstr("Messages above 64 MiB"),
                    HasSubstr("// tp 2: shipped "), HasSubstr("context engine, bfloat16.\n")));
}

TEST(TrtllmTable, IsOfOneDtypeAndNamesIt) {
  Dataset data(Machine{"sm90", {{"gpu", "NVIDIA H200"}}});
  // In float32 the other strategy wins, by far. TensorRT-LLM ships one shot.
  for (const std::int64_t tokens : {8, 16}) {
    for (const DType dtype : {DType::bfloat16, DType::float32}) {
      const Problem problem{2, dtype, "NONE", 1024, tokens};
      data.add(engine_context_row(problem, "TRTLLM_ONESHOT", 5.0));
      data.add(engine_context_row(problem, "TRTLLM_TWOSHOT", dtype == DType::bfloat16 ? 4.0 : 500.0));
    }
  }
  DecisionsReport end(data);
  write(end);
  const auto text = read_file(artefact(end));
  EXPECT_THAT(text, HasSubstr("context engine, bfloat16.\n"));
  EXPECT_EQ(table_of(end)[0][0][3][3], 5);
  EXPECT_THAT(end.said, ::testing::Contains("trtllm_table: made of bfloat16; float32 in the data are left out"));
}

}  // namespace arbiter::test
