// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "support/decisions_report.hpp"
#include "support/engine_sinks.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// How vLLM goes through its paths when nothing is fused.
constexpr const char* plain_rule = R"(
buffer = float("inf")
def plain(tp, size):
    if size % 16 == 0 and size < min(CUSTOM_ALL_REDUCE_MAX_SIZES["9.0"].get(tp, 0), buffer):
        return "custom"
    if size % 4 == 0 and size < SYMM_MEM_ALL_REDUCE_MAX_SIZES["9.0"].get(tp, 0):
        return "symm_mem"
    return "nccl"
def choose(tp, fusion, tokens, hidden, itemsize):
    return plain(tp, tokens * hidden * itemsize)
)";

/// The same with the kernel's buffer as vLLM makes it.
constexpr const char* buffer_of_vllm = "\nbuffer = 8192 * 1024\n";

/// The same with NCCL's symmetric memory on: asked first, outside of the range.
constexpr const char* symmetric_rule = R"(
def choose(tp, fusion, tokens, hidden, itemsize):
    size = tokens * hidden * itemsize
    low, high = NCCL_SYMM_MEM_ALL_REDUCE_CONFIG["custom_ar_preferred_ranges"][tp]
    return "nccl_symm_mem" if size <= low or size >= high else plain(tp, size)
)";

/// FlashInfer's fused kernels: a token limit is made of the size, rounded down, and two shots need tokens > tp.
constexpr const char* fused_rule = R"(
MiB = 1024 * 1024
def choose(tp, fusion, tokens, hidden, itemsize):
    if tokens > int(FI_ALLREDUCE_FUSION_MAX_SIZE_MB[90][tp] * MiB) // (hidden * itemsize):
        return "unfused"
    if tokens * hidden * itemsize <= _FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB[90][tp] * MiB:
        return "one_shot"
    assert tokens > tp, "sequence length should be larger than tp_size"
    return "two_shot"
)";

using Paths = std::map<std::string, std::vector<std::string>>;
const Paths plain_paths = {{"custom", {"ONESHOT", "TWOSHOT"}}, {"symm_mem", {"NCCL_SYMMETRIC"}}, {"nccl", {"NCCL"}}};
const Paths symmetric_paths = {{"custom", {"ONESHOT", "TWOSHOT"}},
                               {"symm_mem", {"NCCL_SYMMETRIC"}},
                               {"nccl", {"NCCL"}},
                               {"nccl_symm_mem", {"NCCL_SYMMETRIC"}}};
const Paths fused_paths = {{"one_shot", {"ONESHOT"}}, {"two_shot", {"TWOSHOT"}}, {"unfused", {"NCCL"}}};
const std::vector<std::string> norm_fusions = {"RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8"};

const std::vector<std::pair<std::string, std::string>> named = {{"custom", "[ONESHOT, TWOSHOT]"},
                                                                {"symm_mem", "[NCCL_SYMMETRIC]"},
                                                                {"nccl_symm_mem", "[NCCL_SYMMETRIC]"},
                                                                {"nccl", "[NCCL]"},
                                                                {"one_shot", "[ONESHOT]"},
                                                                {"two_shot", "[TWOSHOT]"}};

std::filesystem::path artefact(const DecisionsReport& end) { return end.run.output_dir / "engines/vllm/vllm.py"; }

class VllmSink : public ::testing::Test {
 protected:
  void SetUp() override {
    if (testing::run({"python3", "--version"}).exit_code != 0) GTEST_SKIP() << "no python3 to read the dicts back";
  }

  /// What the real dicts choose for every point of `data`, judged.
  static Judgement replay(const DecisionsReport& end, const Dataset& data, const std::string& rule,
                          const Paths& paths) {
    std::string failure;
    const Answers answers = python_answers(artefact(end), rule, data, failure);
    EXPECT_EQ(failure, "");
    return answers.empty() ? Judgement{} : judge(data, answers, paths);
  }
};

}  // namespace

TEST_F(VllmSink, MakesVllmChooseTheBestPathAtEveryPointWhenSizeDecides) {
  for (const int tp_size : {2, 4, 8}) {
    DecisionsReport end(engine_sweep({{tp_size}}));
    load_plugin<Sink>(PLUGIN, named)->write(end.report);
    const Judgement plain = replay(end, end.dataset, plain_rule, plain_paths);
    EXPECT_EQ(plain.cells, 50);
    EXPECT_THAT(line_with(end.said, "symmetric memory below"),
                AllOf(HasSubstr(plain.stated()), HasSubstr(plain.stated_worst())));
    // Nothing is lost but what vLLM cannot do at all.
    Dataset possible(end.dataset.machine());
    for (const Measurement& row : end.dataset.rows()) {
      const std::int64_t step = row.strategy == "NCCL" ? 1 : row.strategy == "NCCL_SYMMETRIC" ? 4 : 16;
      if (row.problem.message_bytes() % step == 0) possible.add(row);
    }
    const Judgement fair = replay(end, possible, plain_rule, plain_paths);
    EXPECT_EQ(fair.cells, 50);
    EXPECT_DOUBLE_EQ(fair.worst, 0.0);
    const std::string line = line_with(end.said, "custom below");
    const auto limit = line.find("unless its buffer");
    EXPECT_EQ(limit != std::string::npos, tp_size == 2);
    if (limit == std::string::npos) continue;
    const Judgement limited = replay(end, end.dataset, std::string(plain_rule) + buffer_of_vllm, plain_paths);
    EXPECT_GT(limited.mean, plain.mean);
    EXPECT_THAT(line.substr(limit), AllOf(HasSubstr(limited.stated()), HasSubstr(limited.stated_worst())));
  }
}

TEST_F(VllmSink, StatesTheRegretThatItsReplayFinds) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    EngineSweep sweep{{2, 4}, {"NONE"}, 0.4, seed};
    sweep.fusions.insert(sweep.fusions.end(), norm_fusions.begin(), norm_fusions.end());
    DecisionsReport end(engine_sweep(sweep));
    load_plugin<Sink>(PLUGIN, named)->write(end.report);
    for (const int tp_size : {2, 4}) {
      const Dataset plain_data = end.dataset.of_tp_size(tp_size).of_fusion("NONE");
      const Judgement plain = replay(end, plain_data, plain_rule, plain_paths);
      EXPECT_GT(plain.worst, 0.0);
      EXPECT_THAT(line_with(end.said, fmt::format("tp {}: custom below", tp_size)),
                  AllOf(HasSubstr(plain.stated()), HasSubstr(plain.stated_worst())));
      Dataset norm_data(plain_data.machine());
      for (const std::string& fusion : norm_fusions) {
        norm_data.append(end.dataset.of_tp_size(tp_size).of_fusion(fusion));
      }
      const Judgement fused = replay(end, norm_data, fused_rule, fused_paths);
      EXPECT_EQ(fused.without_time, 0);
      EXPECT_THAT(line_with(end.said, fmt::format("tp {}: fused up to", tp_size)),
                  AllOf(HasSubstr(fused.stated()), HasSubstr(fused.stated_worst())));
    }
    const Dataset tp4 = end.dataset.of_tp_size(4).of_fusion("NONE");
    const Judgement range = replay(end, tp4, std::string(plain_rule) + symmetric_rule, symmetric_paths);
    EXPECT_THAT(line_with(end.said, "with NCCL's symmetric memory"),
                AllOf(HasSubstr(range.stated()), HasSubstr(range.stated_worst())));
  }
}

TEST_F(VllmSink, LeavesOutAndNamesWhatWasNotMeasured) {
  DecisionsReport end(engine_sweep({{2}, {"NONE"}}));
  load_plugin<Sink>(PLUGIN, named)->write(end.report);
  const std::string text = read_file(artefact(end));
  EXPECT_THAT(text, HasSubstr("CUSTOM_ALL_REDUCE_MAX_SIZES = {\"9.0\": {2: "));
  EXPECT_THAT(text, Not(HasSubstr("4: ")));
  EXPECT_THAT(text, HasSubstr("FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {}}"));
  EXPECT_THAT(text, HasSubstr("{\"custom_ar_preferred_ranges\": {}}"));
  EXPECT_THAT(end.said, ::testing::Contains("vllm: CUSTOM_ALL_REDUCE_MAX_SIZES has no tp 4, 6, 8: not measured"));
  EXPECT_THAT(end.said, ::testing::Contains("vllm: FI_ALLREDUCE_FUSION_MAX_SIZE_MB has no tp 2, 4, 8: not measured"));
}

TEST_F(VllmSink, TakesOtherStrategiesForItsPaths) {
  Dataset data(Machine{"sm103", {}});
  for (const std::int64_t tokens : {1, 16, 256}) {
    data.add(decision_row(cell_of(1024, tokens), "VLLM_1STAGE", tokens < 100 ? 1.0 : 9.0));
    data.add(decision_row(cell_of(1024, tokens), "NCCL", 5.0));
  }
  DecisionsReport end(data);
  load_plugin<Sink>(PLUGIN, {{"custom", "[VLLM_1STAGE]"}, {"nccl", "[NCCL]"}})->write(end.report);
  EXPECT_THAT(read_file(artefact(end)), HasSubstr("CUSTOM_ALL_REDUCE_MAX_SIZES = {\"10.3\": {2: 32784}}"));
}

TEST_F(VllmSink, WritesNothingWhereThereIsNoGpuOrNothingOfUse) {
  for (const char* platform : {"cpu", "sm90"}) {
    DecisionsReport end(Dataset(Machine{platform, {}}));
    load_plugin<Sink>(PLUGIN, named)->write(end.report);
    EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
    ASSERT_FALSE(end.said.empty());
    EXPECT_THAT(end.said[0], HasSubstr(platform == std::string("cpu") ? "nothing to write" : "not measured"));
  }
}

TEST_F(VllmSink, WritesNoFileAndOneLineWhereNoStrategyIsNamed) {
  DecisionsReport end(engine_sweep({{2}, {"NONE", "RESIDUAL_RMS_NORM"}}));
  load_plugin<Sink>(PLUGIN)->write(end.report);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said, ::testing::ElementsAre(
                            AllOf(HasSubstr("vllm: nothing to write: no strategy is named for vLLM's paths"),
                                  HasSubstr("sinks: {vllm: {custom: [NAME]}}"),
                                  HasSubstr("paths: custom, symm_mem, nccl_symm_mem, nccl, one_shot, two_shot;"),
                                  HasSubstr("names in the data: NCCL, NCCL_SYMMETRIC, ONESHOT, TWOSHOT"))));
}

TEST_F(VllmSink, RefusesANamedStrategyThatIsNotInTheData) {
  DecisionsReport end(engine_sweep({{2}}));
  const auto sink = load_plugin<Sink>(PLUGIN, {{"custom", "[MISSING]"}});
  try {
    sink->write(end.report);
    FAIL() << "a strategy without data was taken";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("vllm: custom: found MISSING"), HasSubstr("allowed: "), HasSubstr("ONESHOT")));
  }
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
}

TEST_F(VllmSink, SaysInItsFileWhichStrategyStandsForWhichPath) {
  DecisionsReport end(engine_sweep({{2}, {"NONE"}}));
  load_plugin<Sink>(PLUGIN, {{"custom", "[ONESHOT, TWOSHOT]"}, {"nccl", "[NCCL]"}})->write(end.report);
  EXPECT_THAT(read_file(artefact(end)),
              HasSubstr("# vLLM's paths were measured as: custom: ONESHOT, TWOSHOT; nccl: NCCL.\n"));
}

TEST_F(VllmSink, NamesThePathsThatADictLacksStrategiesFor) {
  DecisionsReport end(engine_sweep({{2}, {"NONE"}}));
  load_plugin<Sink>(PLUGIN, {{"custom", "[ONESHOT]"}, {"nccl", "[NCCL]"}})->write(end.report);
  EXPECT_THAT(end.said, ::testing::Contains("vllm: SYMM_MEM_ALL_REDUCE_MAX_SIZES is left out: no strategy is named for "
                                            "symm_mem"));
  EXPECT_THAT(end.said, ::testing::Contains("vllm: FI_ALLREDUCE_FUSION_MAX_SIZE_MB is left out: no strategy is named "
                                            "for one_shot, two_shot"));
  EXPECT_THAT(end.said, ::testing::Contains("vllm: CUSTOM_ALL_REDUCE_MAX_SIZES has no tp 4, 6, 8: not measured"));
}

}  // namespace arbiter::test
