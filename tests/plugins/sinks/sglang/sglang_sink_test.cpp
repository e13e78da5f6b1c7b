// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "sglang/dispatch.hpp"
#include "support/decisions_report.hpp"
#include "support/sglang_replay.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::filesystem::path artefact(const DecisionsReport& end) { return end.run.output_dir / "engines/sglang/sglang.py"; }

void write(DecisionsReport& end, const std::vector<std::pair<std::string, std::string>>& parameters = {}) {
  load_plugin<Sink>(PLUGIN, parameters)->write(end.report);
}

const std::map<std::string, std::vector<std::string>> paths = {{"1shot_push", {"SGLANG_1SHOT_PUSH"}},
                                                               {"2shot_push", {"SGLANG_2SHOT_PUSH"}},
                                                               {"1shot_pull", {"SGLANG_1SHOT_PULL"}},
                                                               {"2shot_pull", {"SGLANG_2SHOT_PULL"}},
                                                               {"nccl", {"NCCL"}}};

/// Times from a latency and a bandwidth for each kernel, off by a share of up to `noise`.
struct Sweep {
  std::vector<int> tp_sizes = {2, 4, 8};
  double noise = 0.0;
  unsigned seed = 1;
  bool graph = true;
  std::vector<std::int64_t> num_tokens = powers_of_two(1, 4096);
  const char* platform = "sm90";
};

double time_of(const Problem& problem, const std::string& path) {
  const double bytes = static_cast<double>(problem.message_bytes()) / 400e3;
  const double ranks = problem.tp_size;
  if (path == "1shot_push") return 3.0 + bytes * (ranks - 1.0) * 1.1;
  if (path == "2shot_push") return 4.5 + bytes * 2.2;
  if (path == "1shot_pull") return 6.0 + bytes * (ranks - 1.0);
  if (path == "2shot_pull") return 7.0 + bytes * 1.7;
  return 14.0 + bytes * 1.4;
}

Dataset measured(const Sweep& sweep) {
  std::mt19937 random(sweep.seed);
  std::uniform_real_distribution<double> factor(1.0 - sweep.noise, 1.0 + sweep.noise);
  Dataset data(Machine{sweep.platform, {{"gpu", "NVIDIA H200"}}});
  for (const int tp_size : sweep.tp_sizes) {
    for (const std::int64_t hidden : {7, 1024, 2880}) {
      for (const std::int64_t tokens : sweep.num_tokens) {
        for (const auto& [path, names] : paths) {
          const Problem problem{tp_size, DType::bfloat16, "NONE", hidden, tokens};
          if (path != "nccl" && problem.message_bytes() % 16 != 0) continue;  // which SGLang's kernels refuse
          data.add(engine_context_row(problem, names.front(), time_of(problem, path) * factor(random), sweep.graph));
        }
      }
    }
  }
  return data;
}

class SglangSink : public ::testing::Test {
 protected:
  void SetUp() override {
    if (testing::run({"python3", "--version"}).exit_code != 0) GTEST_SKIP() << "no python3 to read the rows back";
  }

  /// The regret of SGLang's code with the file pasted into it, or without.
  static Judgement replay(const DecisionsReport& end, const Dataset& data, bool graph, bool pasted = true) {
    std::string failure;
    const Answers answers = python_answers(artefact(end), sglang_rule(artefact(end), graph, pasted), data, failure);
    EXPECT_EQ(failure, "");
    return answers.empty() ? Judgement{} : judge(data, answers, paths);
  }
};

}  // namespace

TEST_F(SglangSink, MakesSglangChooseThePathThatIsBestByItsSize) {
  DecisionsReport end(measured({.tp_sizes = {4, 8}}));
  write(end);
  for (const int tp_size : {4, 8}) {
    const Dataset own = end.dataset.of_tp_size(tp_size);
    const Judgement shipped = replay(end, own, true, false);
    const Judgement judgement = replay(end, own, true);
    EXPECT_EQ(judgement.cells, 3 * 13);
    EXPECT_EQ(judgement.without_time, 0);
    EXPECT_LT(judgement.mean, 0.005) << tp_size << ": SGLang's own limits stay where they cost less";
    EXPECT_GT(shipped.mean, 0.015) << tp_size << ": the test shows nothing";
  }
}

TEST_F(SglangSink, StatesTheRegretThatItsReplayFindsForGraphsAndEagerRunsApart) {
  for (unsigned seed = 1; seed <= 2; ++seed) {
    const Dataset graph = measured({.tp_sizes = {4}, .noise = 0.4, .seed = seed, .num_tokens = powers_of_two(1, 2048)});
    const Dataset eager = measured(
        {.tp_sizes = {4}, .noise = 0.4, .seed = seed + 9, .graph = false, .num_tokens = powers_of_two(1, 2048)});
    Dataset both = graph;
    both.append(eager);
    DecisionsReport end(both);
    write(end);
    for (const auto& [name, data] : {std::pair{"graphs", &graph}, {"eager", &eager}}) {
      const bool is_graph = data == &graph;
      const Judgement shipped = replay(end, *data, is_graph, false);
      const Judgement judgement = replay(end, *data, is_graph);
      EXPECT_LE(judgement.mean, shipped.mean + 1e-12);
      EXPECT_THAT(line_with(end.said, fmt::format("tp 4, {}: ", name)),
                  HasSubstr(fmt::format("here {:.2f} ({:.2f}) over the fastest strategy", 100.0 * judgement.mean,
                                        100.0 * judgement.worst)));
    }
  }
}

TEST_F(SglangSink, JudgesTheRowOnHeldOutCells) {
  const auto cells_at = [](std::int64_t hidden, const std::map<std::int64_t, std::pair<double, double>>& times) {
    Dataset data(Machine{"sm90", {}});
    for (const auto& [tokens, both] : times) {
      for (const auto& [path, names] : paths) {
        const double time = path == "1shot_push" ? both.first : path == "2shot_pull" ? both.second : 9.0;
        data.add(engine_context_row({4, DType::bfloat16, "NONE", hidden, tokens}, names.front(), time));
      }
    }
    return data;
  };
  DecisionsReport end(cells_at(4096, {{16, {1, 2}}, {64, {1, 2}}, {256, {2, 1}}}));
  end.holdout = cells_at(7168, {{8, {1, 2}}, {32, {1, 2}}, {64, {1, 1.2}}, {256, {2, 1}}});
  write(end);
  // SGLang pushes up to 384 KiB, the file up to 512 KiB; 64 held-out tokens are 896 KiB.
  EXPECT_THAT(read_file(artefact(end)), HasSubstr("\"one_shot_push_threshold\": 524288,"));
  const std::string line =
      "tp 4, graphs, held out (hidden 7168, 4 cells): shipped 30.00 (100.0), here 5.00 (20.0), the best values for "
      "them 0.00 (0.0)";
  EXPECT_THAT(end.said, ::testing::Contains("sglang: " + line));
  EXPECT_THAT(read_file(artefact(end)), HasSubstr("# " + line + ".\n"));
  DecisionsReport without(end.dataset);
  write(without);
  EXPECT_EQ(line_with(without.said, "held out"), "");
}

TEST_F(SglangSink, WritesTheSameRowsWhereTheSameMachineIsMeasuredAgain) {
  // SGLang pushes in one shot up to 384 KiB. At 256 KiB, one of 15 sizes, pushing in two is faster by 1 % or by 4 %.
  std::string first;
  for (const double gain : {0.01, 0.04}) {
    Dataset data(Machine{"sm90", {}});
    for (const std::int64_t tokens : powers_of_two(1, 4096)) {
      for (const std::int64_t hidden : {2048, 4096, 8192}) {
        const Problem problem{4, DType::bfloat16, "NONE", hidden, tokens};
        for (const auto& [path, names] : paths) {
          const bool is_small = problem.message_bytes() <= 256 << 10;
          const double one_shot = !is_small ? 20.0 : problem.message_bytes() > 128 << 10 ? 10.0 + 10.0 * gain : 10.0;
          const double two_shot = problem.message_bytes() > 128 << 10 ? 10.0 : 12.0;
          data.add(engine_context_row(problem, names.front(),
                                      path == "1shot_push"   ? one_shot
                                      : path == "2shot_push" ? two_shot
                                                             : 30.0));
        }
      }
    }
    DecisionsReport end(data);
    write(end);
    const std::string text = read_file(artefact(end));
    const std::string rows = text.substr(text.find("ARBITER_ROWS"));
    if (first.empty()) first = rows;
    EXPECT_EQ(rows, first) << gain;
    EXPECT_THAT(rows, HasSubstr("\"one_shot_push_threshold\": 393216,"));
  }
}

TEST_F(SglangSink, AgreesWithSglangsOwnCode) {
  const std::string why_not = why_not_asked("sglang", "sglang", sglang::release);
  if (!why_not.empty()) GTEST_SKIP() << why_not;
  Dataset data = measured({.tp_sizes = {4, 8}, .noise = 0.3, .num_tokens = powers_of_two(1, 65536)});
  data.append(measured({.tp_sizes = {2, 4}, .noise = 0.3, .seed = 2, .graph = false}));
  DecisionsReport end(data);
  write(end);
  for (const bool graph : {true, false}) {
    for (const bool pasted : {true, false}) {
      std::string failure;
      const auto own = python_answers(artefact(end), sglang_own_code(artefact(end), graph, pasted), data, failure);
      EXPECT_EQ(failure, "");
      EXPECT_EQ(own, python_answers(artefact(end), sglang_rule(artefact(end), graph, pasted), data, failure));
      if (pasted) continue;
      for (const auto& [problem, path] : own) {
        const auto rows = sglang::shipped_rows(90).at(problem.tp_size);
        EXPECT_EQ(sglang::Dispatch(problem.tp_size, 16 << 20).path_of(graph ? rows.graph : rows.eager, problem), path);
      }
    }
  }
}

TEST_F(SglangSink, ChangesTheRowsThatWereMeasuredAndNothingElse) {
  DecisionsReport end(measured({.tp_sizes = {4}}));
  write(end);
  const std::string text = read_file(artefact(end));
  EXPECT_THAT(text, AllOf(HasSubstr("ARBITER_ROWS = {\n    4: {\n        \"graph\": {\"one_shot_push_threshold\": "),
                          Not(HasSubstr("\"eager\"")), Not(HasSubstr("    2: "))));
  const Dataset others = measured({.tp_sizes = {2, 8}});
  EXPECT_DOUBLE_EQ(replay(end, others, true).mean, replay(end, others, true, false).mean);
  const Dataset eager = measured({.tp_sizes = {4}, .graph = false});
  EXPECT_DOUBLE_EQ(replay(end, eager, false).mean, replay(end, eager, false, false).mean);
}

TEST_F(SglangSink, LeavesOtherGpusAlone) {
  DecisionsReport end(measured({.tp_sizes = {4}, .platform = "sm100"}));  // read by an SM 90
  write(end);
  EXPECT_THAT(read_file(artefact(end)), HasSubstr("!= (10, 0):\n"));
  const Dataset own = measured({.tp_sizes = {4}});
  EXPECT_DOUBLE_EQ(replay(end, own, true).mean, replay(end, own, true, false).mean);
}

TEST_F(SglangSink, IsSglangsOwnRowWhereThatIsAsGood) {
  Dataset data(Machine{"sm90", {}});
  std::mt19937 random(3);
  for (const std::int64_t tokens : powers_of_two(1, 8192)) {  // 384 KiB is SGLang's limit of one shot at tp 4
    const Problem problem{4, DType::bfloat16, "NONE", 1024, tokens};
    for (const auto& [path, names] : paths) {
      const bool own = path == (tokens <= 192 ? "1shot_push" : "2shot_pull");
      const double noise = 1.0 + 0.004 * static_cast<double>(random() % 3);
      data.add(
          engine_context_row(problem, names.front(), (own ? 10.0 : 10.0 + static_cast<double>(random() % 2)) * noise));
    }
  }
  DecisionsReport end(data);
  write(end);
  EXPECT_THAT(read_file(artefact(end)),
              HasSubstr("\"graph\": {\"one_shot_push_threshold\": 393216, \"two_shot_push_threshold\": 0, "
                        "\"one_shot_pull_threshold\": 393216, \"two_shot_pull_threshold\": 134217728},"));
  EXPECT_THAT(end.said, ::testing::Contains(HasSubstr("tp 4, graphs: SGLang's own row stays: shipped")));
}

TEST_F(SglangSink, ClipsToTheWorkspacesAndNamesWhatWouldWinAboveThem) {
  const Sweep large{.tp_sizes = {4}, .num_tokens = powers_of_two(1, 65536)};  // up to 384 MiB
  DecisionsReport end(measured(large));
  write(end);
  EXPECT_EQ(replay(end, end.dataset, true).without_time, 0);
  EXPECT_EQ(line_with(end.said, "cannot choose it"), "") << "NCCL is the fastest above 16 MiB";
  EXPECT_THAT(line_with(end.said, "workspaces of"), HasSubstr("with SGLang's own rows 23 MiB"));

  Dataset fast = end.dataset;
  fast.add(engine_context_row({4, DType::bfloat16, "NONE", 1024, 65536}, "SGLANG_2SHOT_PULL", 0.5));
  DecisionsReport faster(fast);
  write(faster);
  EXPECT_THAT(line_with(faster.said, "cannot choose it"),
              HasSubstr("tp 4, graphs: SGLANG_2SHOT_PULL is the fastest in"));
}

TEST_F(SglangSink, WritesNoFileAndOneLineWithoutTheEnginesKernels) {
  Dataset data(Machine{"sm90", {}});
  for (const char* name : {"NCCL", "VLLM_CUSTOM", "FLASHINFER_ONESHOT"}) {
    data.add(engine_context_row(cell_of(1024, 8), name, 1.0));
  }
  DecisionsReport end(data);
  write(end);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said, ::testing::ElementsAre(AllOf(
                            HasSubstr("sglang: nothing to write"), HasSubstr("SGLANG_1SHOT_PUSH, SGLANG_2SHOT_PUSH"),
                            HasSubstr("{strategy: PYTHON, adapter: sglang, kernel: 1shot_push}"),
                            HasSubstr("configs/engines.yaml"))));
}

TEST_F(SglangSink, NeverUsesRowsOfAnotherContext) {
  Dataset data(Machine{"sm90", {}});
  const Dataset all = measured({});
  for (Measurement row : all.rows()) {
    row.setting.context = Context::back_to_back;
    data.add(row);
  }
  DecisionsReport end(data);
  write(end);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said, ::testing::ElementsAre(HasSubstr("back_to_back")));
}

TEST_F(SglangSink, NeedsNccl) {
  Dataset data(Machine{"sm90", {}});
  const Dataset all = measured({.tp_sizes = {2}});
  for (const Measurement& row : all.rows()) {
    if (row.strategy != "NCCL") data.add(row);
  }
  DecisionsReport end(data);
  write(end);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said, ::testing::Contains("sglang: tp 2, graphs: left out, as NCCL was not measured"));
}

TEST_F(SglangSink, SaysWhatItFollowsAndHowToUseIt) {
  DecisionsReport end(measured({}));
  write(end);
  EXPECT_THAT(read_file(artefact(end)),
              AllOf(HasSubstr("# For SGLang 0.5.23, measured on sm90 (NVIDIA H200).\n"),
                    HasSubstr("Paste it at the end of sglang/srt/distributed/device_communicators/configs/"),
                    HasSubstr("1shot_push: SGLANG_1SHOT_PUSH; 2shot_push: SGLANG_2SHOT_PUSH; 1shot_pull: "
                              "SGLANG_1SHOT_PULL; 2shot_pull: SGLANG_2SHOT_PULL; nccl: NCCL.\n"),
                    HasSubstr("SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB, here 16384."), HasSubstr("# tp 2, graphs: ")));
}

}  // namespace arbiter::test
