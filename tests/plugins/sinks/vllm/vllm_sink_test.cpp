// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "support/decisions_report.hpp"
#include "support/engine_kernels.hpp"
#include "support/engine_packages.hpp"
#include "support/engine_sinks.hpp"
#include "vllm/vllm_rules.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// How vLLM goes through its paths on sm90, with the values of an artefact over its own.
constexpr const char* rule = R"(
MiB = 1024 * 1024
def table(name, key, own):
    return {**own, **globals().get(name, {}).get(key, {})}
fused = table("FI_ALLREDUCE_FUSION_MAX_SIZE_MB", 90, {2: 64, 4: 2, 8: 0.5})
one_shot = table("_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB", 90, {2: 32, 4: 2, 8: 0.5})
custom = table("CUSTOM_ALL_REDUCE_MAX_SIZES", "9.0", {2: 64 * MiB, 4: 32 * MiB, 6: MiB // 2, 8: MiB // 4})
symm_mem = table("SYMM_MEM_ALL_REDUCE_MAX_SIZES", "9.0", {2: 64 * MiB, 4: 32 * MiB, 6: 64 * MiB, 8: 64 * MiB})
def choose(tp, fusion, tokens, hidden, itemsize):
    size = tokens * hidden * itemsize
    if tp != 6 and tokens <= int(fused[tp] * MiB) // (hidden * itemsize):
        if fusion != "NONE":
            in_one_shot = size <= one_shot[tp] * MiB
        else:
            in_one_shot = size * 2 * tp <= {2: 512, 4: 64, 8: 42}[tp] * MiB
        assert in_one_shot or tokens > tp, "sequence length should be larger than tp_size"
        return "one_shot" if in_one_shot else "two_shot"
    if size % 16 == 0 and size < (min(8 * MiB, custom[tp]) if multicast else 8 * MiB):
        return "custom"
    if multicast and size % 4 == 0 and size <= symm_mem[tp]:
        return "symm_two_shot" if tp == 2 else "symm_multimem"
    return "nccl"
)";
constexpr const char* own_values = R"(
FI_ALLREDUCE_FUSION_MAX_SIZE_MB = _FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {}
CUSTOM_ALL_REDUCE_MAX_SIZES = SYMM_MEM_ALL_REDUCE_MAX_SIZES = {}
)";
std::string with(bool multicast) { return multicast ? "multicast = True\n" : "multicast = False\n"; }

using Paths = std::map<std::string, std::vector<std::string>>;
const Paths all_paths = {
    {"one_shot", {"FLASHINFER_ONESHOT"}},      {"two_shot", {"FLASHINFER_TWOSHOT"}},       {"custom", {"VLLM_CUSTOM"}},
    {"symm_two_shot", {"TORCH_SYMM_TWOSHOT"}}, {"symm_multimem", {"TORCH_SYMM_MULTIMEM"}}, {"nccl", {"NCCL"}},
    {"others", {"ONESHOT", "NCCL_SYMMETRIC"}}};

const std::vector<std::string> every_fusion = {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8"};
const std::vector<std::string> kernels = {"FLASHINFER_ONESHOT", "FLASHINFER_TWOSHOT", "VLLM_CUSTOM", "NCCL"};

std::vector<std::string> and_also(std::vector<std::string> names, const std::vector<std::string>& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}
const std::vector<std::string> with_symm_mem = and_also(kernels, {"TORCH_SYMM_TWOSHOT", "TORCH_SYMM_MULTIMEM"});

std::filesystem::path artefact(const DecisionsReport& end) { return end.run.output_dir / "engines/vllm/vllm.py"; }

/// The file without its comments.
std::string dicts_of(const DecisionsReport& end) {
  std::istringstream lines(read_file(artefact(end)));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) text += line + "\n";
  }
  return text;
}

std::unique_ptr<DecisionsReport> written(const Dataset& data,
                                         const std::vector<std::pair<std::string, std::string>>& values = {},
                                         const Dataset& holdout = {}) {
  auto end = std::make_unique<DecisionsReport>(data);
  end->holdout = holdout;
  if (!data.empty()) end->report.setting = data.rows().front().setting;
  load_plugin<Sink>(PLUGIN, values)->write(end->report);
  return end;
}

class VllmSink : public ::testing::Test {
 protected:
  void SetUp() override {
    if (testing::run({"python3", "--version"}).exit_code != 0) GTEST_SKIP() << "no python3 to read the dicts back";
  }

  static Answers answers(const DecisionsReport& end, const Dataset& data, const std::string& program) {
    std::string failure;
    Answers found = python_answers(artefact(end), program, data, failure);
    EXPECT_EQ(failure, "");
    return found;
  }
};

/// One fused message of each token count, for 4 ranks: times of one shot, two shots, and what comes after FlashInfer.
Dataset fused_cells(const std::vector<std::tuple<std::int64_t, double, double, double>>& times,
                    std::int64_t hidden = 8192) {
  Dataset data(Machine{"sm90", {}});
  for (const auto& [tokens, one_shot, two_shot, after_them] : times) {
    const Problem problem{4, DType::bfloat16, "RESIDUAL_RMS_NORM", hidden, tokens};
    data.add(engine_row(problem, "FLASHINFER_ONESHOT", one_shot));
    if (tokens > 4) data.add(engine_row(problem, "FLASHINFER_TWOSHOT", two_shot));
    for (const char* after : {"VLLM_CUSTOM", "NCCL"}) data.add(engine_row(problem, after, after_them));
  }
  return data;
}

}  // namespace

TEST_F(VllmSink, JudgesTheSizesOnHeldOutCells) {
  const Dataset grid = fused_cells({{8, 1, 9, 2}, {64, 1, 9, 2}, {256, 1, 9, 2}, {1024, 9, 9, 2}});
  const Dataset holdout = fused_cells({{64, 1, 9, 2}, {256, 1, 9, 2}, {512, 1, 9, 1.2}, {1024, 9, 9, 2}}, 7168);
  const auto end = written(grid, {}, holdout);
  // vLLM's limits are 2 MiB, here 4 MiB; 512 held-out tokens are 7 MiB.
  EXPECT_THAT(dicts_of(*end), HasSubstr("FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {4: 4}}\n"));
  const std::string line =
      "tp 4, held out (hidden 7168, 4 cells): shipped 30.00 (100.0), here 5.00 (20.0), the best values for them 0.00 "
      "(0.0)";
  EXPECT_THAT(end->said, Contains("vllm: " + line));
  EXPECT_THAT(read_file(artefact(*end)), HasSubstr("# " + line + "\n"));
  EXPECT_EQ(line_with(written(grid)->said, "held out"), "");
}

TEST_F(VllmSink, FindsBothLimitsOfFlashInfer) {
  const auto end = written(fused_cells({{1, 1.0, 9.0, 2.0},
                                        {8, 1.0, 2.0, 3.0},
                                        {16, 3.0, 1.0, 2.0},
                                        {64, 9.0, 1.0, 2.0},
                                        {128, 9.0, 3.0, 1.0},
                                        {400, 9.0, 3.0, 1.0}}));
  EXPECT_EQ(dicts_of(*end),
            "FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {4: 1}}\n"
            "_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {4: 0.125}}\n");
  EXPECT_THAT(end->said, Contains(HasSubstr("here 0.00 (0.00) over the best path of the table")));
}

TEST_F(VllmSink, StatesTheRegretsOfVllmsOwnValuesAndOfItsOwnAsAReplayFindsThem) {
  for (const bool multicast : {false, true}) {
    const auto strategies = and_also(multicast ? with_symm_mem : kernels, {"ONESHOT", "NCCL_SYMMETRIC"});
    const auto end = written(kernel_sweep(
        {.tp_sizes = {2, 4, 8}, .fusions = every_fusion, .strategies = strategies, .noise = 0.3, .seed = 3}));
    const Answers shipped = answers(*end, end->dataset, std::string(own_values) + with(multicast) + rule);
    const Answers here = answers(*end, end->dataset, with(multicast) + rule);
    for (const int tp_size : {2, 4, 8}) {
      const auto text = [&](const Answers& chosen) {
        const Judgement found = judge(end->dataset.of_tp_size(tp_size), chosen, all_paths);
        EXPECT_EQ(found.without_time, 0);
        return fmt::format("{:.2f} ({:.2f})", 100.0 * found.mean, 100.0 * found.worst);
      };
      const std::string line = line_with(end->said, fmt::format("vllm: tp {}: FlashInfer", tp_size));
      EXPECT_THAT(line, HasSubstr(fmt::format("shipped {}, here {} over the fastest strategy; 144 cells", text(shipped),
                                              text(here))));
      EXPECT_THAT(read_file(artefact(*end)), HasSubstr(line.substr(line.find("tp "))));
    }
  }
}

TEST_F(VllmSink, IsNeverWorseInTheMeanThanWhatVllmShips) {
  for (const bool multicast : {false, true}) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
      const auto end = written(kernel_sweep({.tp_sizes = {2, 4, 8},
                                             .fusions = every_fusion,
                                             .strategies = multicast ? with_symm_mem : kernels,
                                             .noise = 0.5,
                                             .seed = seed}));
      const Answers shipped = answers(*end, end->dataset, std::string(own_values) + with(multicast) + rule);
      const Answers here = answers(*end, end->dataset, with(multicast) + rule);
      for (const int tp_size : {2, 4, 8}) {
        const Dataset data = end->dataset.of_tp_size(tp_size);
        EXPECT_LE(judge(data, here, all_paths).mean, judge(data, shipped, all_paths).mean) << tp_size << " " << seed;
      }
    }
  }
}

TEST_F(VllmSink, WritesTheSameDictsWhereTheSameMachineIsMeasuredAgain) {
  for (const auto& strategies : {kernels, with_symm_mem}) {
    std::string first;
    for (unsigned seed = 1; seed <= 6; ++seed) {
      const auto end = written(kernel_sweep(
          {.tp_sizes = {2, 4, 8}, .fusions = every_fusion, .strategies = strategies, .noise = 0.01, .seed = seed}));
      if (first.empty()) first = dicts_of(*end);
      EXPECT_EQ(dicts_of(*end), first) << seed;
    }
  }
}

TEST_F(VllmSink, KeepsVllmsOwnValuesWhereNothingIsGained) {
  const auto end = written(
      fused_cells({{1, 1.0, 9.0, 1.005}, {8, 1.002, 1.0, 1.001}, {128, 1.0, 1.001, 1.2}, {400, 9.0, 9.0, 1.0}}));
  EXPECT_EQ(dicts_of(*end),
            "FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {4: 2}}\n"
            "_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {4: 2}}\n");
  EXPECT_THAT(end->said, Contains(HasSubstr("vLLM's own values stay")));
}

TEST_F(VllmSink, KeepsWithinFlashInfersAssertsAndTheWorkspace) {
  // One shot loses wherever two shots run, and FlashInfer wins at every size.
  const auto two =
      written(fused_cells({{1, 1.0, 0.0, 2.0}, {8, 9.0, 1.0, 20.0}, {128, 9.0, 1.0, 20.0}, {8192, 9.0, 1.0, 20.0}}));
  EXPECT_EQ(dicts_of(*two),
            "FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {4: 2}}\n"
            "_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {4: 0.125}}\n")
      << "4 tokens of 16384 elements stay one shot; 32 MiB are the most for 512 MiB of workspace, and no cell has them";
  // One shot wins everywhere.
  const auto one =
      written(fused_cells({{1, 1.0, 0.0, 9.0}, {512, 1.0, 9.0, 9.0}, {1024, 1.0, 9.0, 9.0}, {2048, 1.0, 8.0, 9.0}}));
  EXPECT_EQ(dicts_of(*one),
            "FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {4: 32}}\n"
            "_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {4: 16}}\n")
      << "64 MiB over the ranks";
  EXPECT_THAT(read_file(artefact(*one)), HasSubstr("# tp 4: FlashInfer's workspace takes 512 MiB on each GPU.\n"));
  const auto small = written(one->dataset, {{"workspace_mib", "128"}});
  EXPECT_THAT(dicts_of(*small), HasSubstr("FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {4: 8}}\n"));
  EXPECT_THAT(dicts_of(*written(two->dataset, {{"widest_hidden_size", "65536"}})),
              HasSubstr("_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {4: 0.5}}\n"));
}

TEST_F(VllmSink, ComparesTheShotsAloneWhereNothingAfterFlashInferWasMeasured) {
  Dataset data(Machine{"sm90", {}});
  const Dataset all = fused_cells({{1, 1.0, 0.0, 1.0}, {8, 1.0, 2.0, 1.0}, {64, 2.0, 1.0, 1.0}});
  for (const Measurement& row : all.rows()) {
    if (row.strategy.starts_with("FLASHINFER")) data.add(row);
  }
  const auto end = written(data);
  EXPECT_EQ(dicts_of(*end), "_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {4: 0.125}}\n");
  EXPECT_THAT(read_file(artefact(*end)),
              HasSubstr("# Not measured: custom, symm_two_shot, symm_multimem, nccl_symm_mem, nccl.\n"));
}

TEST_F(VllmSink, WritesTheDictsOfSymmetricMemoryOnlyWhereThereIsMulticast) {
  const auto without =
      written(kernel_sweep({.tp_sizes = {4}, .strategies = and_also(kernels, {"TORCH_SYMM_TWOSHOT"})}));
  EXPECT_THAT(dicts_of(*without), AllOf(Not(HasSubstr("CUSTOM_ALL")), Not(HasSubstr("SYMM_MEM_ALL"))));
  EXPECT_THAT(without->said,
              Contains(HasSubstr("CUSTOM_ALL_REDUCE_MAX_SIZES and SYMM_MEM_ALL_REDUCE_MAX_SIZES are left out")));
  const auto end = written(kernel_sweep({.tp_sizes = {4, 6}, .strategies = with_symm_mem}));
  EXPECT_THAT(dicts_of(*end), AllOf(HasSubstr("CUSTOM_ALL_REDUCE_MAX_SIZES = {\"9.0\": {4: "),
                                    HasSubstr("SYMM_MEM_ALL_REDUCE_MAX_SIZES = {\"9.0\": {4: "), HasSubstr(", 6: ")));
}

TEST_F(VllmSink, NamesTheWinnersThatVllmCannotRun) {
  const auto end = written(kernel_sweep(
      {.tp_sizes = {2, 4}, .fusions = every_fusion, .strategies = and_also(kernels, {"ONESHOT", "NCCL_SYMMETRIC"})}));
  EXPECT_THAT(end->said, Contains(AllOf(HasSubstr("vllm: ONESHOT is the fastest in "), HasSubstr(" % of 288 cells"))));
  EXPECT_THAT(dicts_of(*end), Not(HasSubstr("NCCL_SYMM")));
}

TEST_F(VllmSink, FitsTheRangeOfNcclsSymmetricMemoryForAStrategyThatIsNamed) {
  Dataset data = kernel_sweep({.tp_sizes = {2, 4}});
  const Dataset symmetric = kernel_sweep({.tp_sizes = {2, 4}, .strategies = {"NCCL_SYMMETRIC"}});
  for (const Measurement& row : symmetric.rows()) {
    const bool is_small = row.problem.message_bytes() < 100'000;
    data.add(engine_row(row.problem, "COPIED", is_small ? 1.0 : row.time_us));
  }
  const auto end = written(data, {{"nccl_symm_mem", "[COPIED]"}});
  EXPECT_THAT(dicts_of(*end), HasSubstr("NCCL_SYMM_MEM_ALL_REDUCE_CONFIG = {\"custom_ar_preferred_ranges\": {4: ("));
  EXPECT_THAT(end->said, Contains(HasSubstr("vllm: tp 4: with VLLM_USE_NCCL_SYMM_MEM=1, other paths between ")));
  EXPECT_THAT(end->said, Not(Contains(HasSubstr("tp 2: with VLLM_USE_NCCL_SYMM_MEM"))));
}

TEST_F(VllmSink, WritesTheKeysOfMnnvlWhereThatBackendWasMeasured) {
  const auto end = written(kernel_sweep({.tp_sizes = {4}, .fusions = every_fusion, .strategies = with_symm_mem}),
                           {{"flashinfer_backend", "mnnvl"}});
  EXPECT_THAT(dicts_of(*end),
              AllOf(HasSubstr("FI_MNNVL_ALLREDUCE_MAX_SIZE_MB = {(90, 4, 1): "), Not(HasSubstr("ONE_SHOT"))));
  EXPECT_THAT(read_file(artefact(*end)), HasSubstr("# For VLLM_FLASHINFER_ALLREDUCE_BACKEND=mnnvl"));
}

TEST_F(VllmSink, SaysWhatItFollowsAndWhereItGoes) {
  const auto end = written(kernel_sweep({.tp_sizes = {4}, .fusions = every_fusion}));
  EXPECT_THAT(
      read_file(artefact(*end)),
      AllOf(HasSubstr("# AllReduce sizes for vLLM 0.33.0, with FlashInfer 0.7.2, measured on sm90 (NVIDIA H200).\n"),
            HasSubstr("context engine, bfloat16.\n"), HasSubstr("custom: VLLM_CUSTOM; nccl: NCCL.\n"),
            HasSubstr("# Not measured: symm_two_shot, symm_multimem, nccl_symm_mem.\n"),
            HasSubstr("# tp 4, without fusion: shipped "), HasSubstr("# tp 4, with residual and norm: shipped "),
            HasSubstr("vllm/compilation/passes/fusion/allreduce_rms_fusion.py"),
            HasSubstr("VLLM_FLASHINFER_ALLREDUCE_BACKEND=trtllm")));
}

TEST_F(VllmSink, WritesNothingFromOtherKernelsOrAnotherContext) {
  for (const KernelSweep& sweep :
       {KernelSweep{.tp_sizes = {2}, .strategies = {"NCCL", "ONESHOT", "TWOSHOT", "NCCL_SYMMETRIC"}},
        KernelSweep{.tp_sizes = {2}, .context = Context::back_to_back}}) {
    const auto end = written(kernel_sweep(sweep));
    EXPECT_FALSE(std::filesystem::exists(end->run.output_dir));
    EXPECT_THAT(end->said, ElementsAre(AllOf(HasSubstr("vllm: nothing to write"),
                                             HasSubstr("FLASHINFER_ONESHOT: {strategy: PYTHON, "),
                                             HasSubstr("configs/engines.yaml"))));
  }
}

TEST_F(VllmSink, WritesNothingWhereWhatWasMeasuredDecidesNothing) {
  const auto end = written(kernel_sweep({.tp_sizes = {4}, .strategies = {"VLLM_CUSTOM", "NCCL"}}));
  EXPECT_FALSE(std::filesystem::exists(end->run.output_dir));
  EXPECT_THAT(end->said, Contains(HasSubstr("vllm: nothing to write for tp 4")));
  const auto host = written(Dataset(Machine{"cpu", {}}));
  EXPECT_THAT(host->said, ElementsAre(HasSubstr("the engine runs on GPUs")));
}

TEST_F(VllmSink, TakesNoKernelOfArbiters) {
  DecisionsReport end(kernel_sweep({.tp_sizes = {2}}));
  end.report.setting = engine_setting();
  const auto sink = load_plugin<Sink>(PLUGIN, {{"custom", "[ONESHOT, VLLM_CUSTOM]"}});
  EXPECT_THROW(sink->write(end.report), DataError);
}

TEST_F(VllmSink, AgreesWithVllmsOwnCode) {
  for (const auto& [package, distribution, release] :
       {std::tuple("vllm", "vllm", vllm::version), std::tuple("flashinfer", "flashinfer-python", "0.7.2")}) {
    const std::string why_not = why_not_asked(package, distribution, release);
    if (!why_not.empty()) GTEST_SKIP() << why_not;
  }
  const std::string own_code =
      engine_scripts({"plugins/sinks/flashinfer/ask_flashinfer.py", "plugins/sinks/vllm/ask_vllm.py"});
  for (const bool multicast : {false, true}) {
    const auto end = written(kernel_sweep({.tp_sizes = {2, 4, 8},
                                           .fusions = every_fusion,
                                           .strategies = multicast ? with_symm_mem : kernels,
                                           .noise = 0.3}));
    const Dataset& data = end->dataset;
    EXPECT_EQ(answers(*end, data, with(multicast) + own_code), answers(*end, data, with(multicast) + rule));
    Answers shipped;
    for (const auto& [problem, cell] : data.cells()) {
      shipped[problem] =
          vllm::path_of(problem, {.sm = 90, .multicast = multicast}, vllm::shipped_sizes(90, problem.tp_size, 1));
    }
    EXPECT_EQ(answers(*end, data, std::string(own_values) + with(multicast) + own_code), shipped);
  }
}

}  // namespace arbiter::test
