// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "common/flashinfer_rule.hpp"
#include "support/decisions_report.hpp"
#include "support/engine_kernels.hpp"
#include "support/engine_packages.hpp"
#include "support/engine_sinks.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// FlashInfer's rule, in its order of arithmetic; a missing key is its KeyError.
constexpr const char* rule = R"(
def choose(tp, fusion, tokens, hidden, itemsize):
    comm_size_mb = tokens * hidden * 2 * tp * itemsize / 1024 / 1024
    if comm_size_mb <= _use_oneshot_heuristics[tp]:
        return "one_shot"
    assert tokens > tp, "sequence length should be larger than tp_size"
    return "two_shot"
)";
constexpr const char* shipped_table = "\n_use_oneshot_heuristics = {2: 512, 4: 64, 8: 42}\n";

/// The first is the rule's answer, whoever is fastest; the third is what no table can name.
using Paths = std::map<std::string, std::vector<std::string>>;
const Paths own_paths = {{"one_shot", {"FLASHINFER_ONESHOT"}}, {"two_shot", {"FLASHINFER_TWOSHOT"}}};
const Paths all_paths = {{"one_shot", {"FLASHINFER_ONESHOT"}},
                         {"two_shot", {"FLASHINFER_TWOSHOT"}},
                         {"others", {"VLLM_CUSTOM", "NCCL", "ONESHOT", "NCCL_SYMMETRIC"}}};

const std::vector<std::string> kernels = {"FLASHINFER_ONESHOT", "FLASHINFER_TWOSHOT"};

std::filesystem::path artefact(const DecisionsReport& end) {
  return end.run.output_dir / "engines/flashinfer/flashinfer.py";
}

/// The line with the dict.
std::string dict_of(const DecisionsReport& end) {
  const std::string text = read_file(artefact(end));
  return text.substr(text.find("\n_use_oneshot") + 1);
}

class FlashinferSink : public ::testing::Test {
 protected:
  void SetUp() override {
    if (testing::run({"python3", "--version"}).exit_code != 0) GTEST_SKIP() << "no python3 to read the dict back";
  }

  static std::unique_ptr<DecisionsReport> written(const Dataset& data,
                                                  const std::vector<std::pair<std::string, std::string>>& values = {},
                                                  const Dataset& holdout = {}) {
    auto end = std::make_unique<DecisionsReport>(data);
    end->holdout = holdout;
    if (!data.empty()) end->report.setting = data.rows().front().setting;
    load_plugin<Sink>(PLUGIN, values)->write(end->report);
    return end;
  }

  static Answers answers(const DecisionsReport& end, const Dataset& data, const std::string& program) {
    std::string failure;
    Answers found = python_answers(artefact(end), program, data, failure);
    EXPECT_EQ(failure, "");
    return found;
  }
};

}  // namespace

TEST_F(FlashinferSink, FindsWhereTheKernelsCross) {
  // 3 us + (tp - 1) b against 6 us + 1.8 (tp - 1) / tp b, with b in messages over 400 GB/s: at 12 MB (tp 2), where what
  // FlashInfer ships loses less than 1 %; at 727 KB (tp 4), which 4 MiB of traffic serve as well as 6; and at 221 KB
  // (tp 8), below the least that FlashInfer may be given.
  const auto end =
      written(kernel_sweep({.tp_sizes = {2, 4, 8}, .fusions = {"NONE", "RESIDUAL_RMS_NORM"}, .strategies = kernels}));
  EXPECT_EQ(dict_of(*end), "_use_oneshot_heuristics = {2: 512, 4: 4, 8: 4}\n");
  EXPECT_LT(judge(end->dataset.of_tp_size(4), answers(*end, end->dataset.of_tp_size(4), rule), own_paths).worst, 0.01);
}

TEST_F(FlashinferSink, StatesBothRegretsAsAReplayFindsThem) {
  auto strategies = kernels;
  strategies.insert(strategies.end(), {"NCCL", "ONESHOT"});
  const auto text = [](const Judgement& found) {
    return fmt::format("{:.2f} ({:.2f})", 100.0 * found.mean, 100.0 * found.worst);
  };
  for (unsigned seed = 1; seed <= 3; ++seed) {
    const auto end = written(kernel_sweep(
        {.tp_sizes = {4, 8}, .fusions = norm_fusions, .strategies = strategies, .noise = 0.3, .seed = seed}));
    for (const auto& [tp_size, least_mib] : {std::pair{4, 1}, {8, 4}}) {
      const Dataset data = end->dataset.of_tp_size(tp_size);
      Dataset possible(data.machine());
      for (const Measurement& row : data.rows()) {
        const bool is_small = row.problem.message_bytes() * 2 * tp_size <= least_mib * flashinfer::mib;
        if (!is_small || row.strategy != "FLASHINFER_TWOSHOT") possible.add(row);
      }
      const Answers here = answers(*end, data, rule);
      const Answers shipped = answers(*end, data, std::string(shipped_table) + rule);
      const std::string line = line_with(end->said, fmt::format("tp {}: shipped", tp_size));
      EXPECT_THAT(line, HasSubstr(fmt::format(
                            "shipped {}, here {} over the best path of the table; shipped {}, here {} over the fastest "
                            "strategy; 96 cells",
                            text(judge(possible, shipped, own_paths)), text(judge(possible, here, own_paths)),
                            text(judge(data, shipped, all_paths)), text(judge(data, here, all_paths)))));
      EXPECT_LE(judge(data, here, own_paths).mean, judge(data, shipped, own_paths).mean);
      EXPECT_THAT(read_file(artefact(*end)), HasSubstr(line.substr(line.find("tp "))));
    }
  }
}

TEST_F(FlashinferSink, JudgesTheTableOnHeldOutCells) {
  using Times = std::map<std::int64_t, std::pair<double, double>>;
  const auto cells_at = [](std::int64_t hidden, const Times& times) {
    return two_kernels_at(hidden, "FLASHINFER_ONESHOT", "FLASHINFER_TWOSHOT", times);
  };
  const Dataset grid = cells_at(4096, {{8, {1, 2}}, {64, {1, 2}}, {512, {2, 1}}, {4096, {2, 1}}});
  // 3.5, 7, 56 and 448 MiB of traffic.
  const Dataset holdout = cells_at(7168, {{32, {1, 2}}, {64, {1.2, 1}}, {512, {2, 1}}, {4096, {2, 1}}});
  const auto end = written(grid, {}, holdout);
  EXPECT_EQ(dict_of(*end), "_use_oneshot_heuristics = {4: 12}\n") << "between 4 and 32 MiB";
  const std::string line =
      "tp 4, held out (hidden 7168, 4 cells): shipped 30.00 (100.0), here 5.00 (20.0), the best values for them 0.00 "
      "(0.0)";
  EXPECT_THAT(end->said, Contains("flashinfer: " + line));
  EXPECT_THAT(read_file(artefact(*end)), HasSubstr("# " + line + "\n"));
  EXPECT_EQ(line_with(written(grid)->said, "held out"), "");
}

TEST_F(FlashinferSink, MovesNoLimitOverASizeThatOneShotCannotDo) {
  const auto grid = [](bool one_shot_works) {
    Dataset data(Machine{"sm90", {}});
    // 4, 8, 32 and 256 MiB of traffic.
    for (const auto& [tokens, one_shot, two_shot] :
         {std::tuple{64, 1.0, 2.0}, {128, 1.5, 2.0}, {512, 2.0, 1.0}, {4096, 2.0, 1.0}}) {
      const Problem problem{4, DType::bfloat16, "NONE", 4096, tokens};
      Measurement row = engine_row(problem, "FLASHINFER_ONESHOT", one_shot);
      row.failed = tokens == 128 && !one_shot_works;
      data.add(row);
      data.add(engine_row(problem, "FLASHINFER_TWOSHOT", two_shot));
    }
    return data;
  };
  EXPECT_EQ(dict_of(*written(grid(true))), "_use_oneshot_heuristics = {4: 12}\n") << "between 8 and 32 MiB";
  EXPECT_EQ(dict_of(*written(grid(false))), "_use_oneshot_heuristics = {4: 4}\n");
}

TEST_F(FlashinferSink, WritesTheSameTableWhereTheSameMachineIsMeasuredAgain) {
  std::string first;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    const auto end = written(kernel_sweep(
        {.tp_sizes = {2, 4, 8}, .fusions = norm_fusions, .strategies = kernels, .noise = 0.01, .seed = seed}));
    if (first.empty()) first = dict_of(*end);
    EXPECT_EQ(dict_of(*end), first) << seed;
  }
}

TEST_F(FlashinferSink, KeepsFlashinfersOwnValueWhereNothingIsGained) {
  Dataset data(Machine{"sm100", {}});
  for (const std::int64_t tokens : {16, 256, 4096, 16384}) {
    const Problem problem{4, DType::bfloat16, "NONE", 4096, tokens};
    data.add(engine_row(problem, "FLASHINFER_ONESHOT", tokens > 1024 ? 9.0 : 5.02));
    data.add(engine_row(problem, "FLASHINFER_TWOSHOT", 5.0));
  }
  const auto end = written(data);
  EXPECT_EQ(dict_of(*end), "_use_oneshot_heuristics = {4: 64}\n");
  EXPECT_THAT(end->said, Contains(HasSubstr("FlashInfer's own value stays: the best other gains only 0.10")));
  EXPECT_THAT(end->said, Contains("flashinfer: _use_oneshot_heuristics has no tp 2, 8: not measured"));
}

TEST_F(FlashinferSink, NeverAsksForTwoShotsOfNoMoreTokensThanRanks) {
  Dataset data(Machine{"sm90", {}});
  for (const int tp_size : {2, 4, 8}) {
    for (const std::int64_t tokens : {1, 16, 256, 4096}) {
      const Problem problem{tp_size, DType::bfloat16, "NONE", 1024, tokens};
      data.add(engine_row(problem, "FLASHINFER_ONESHOT", 9.0));
      if (tokens > tp_size) data.add(engine_row(problem, "FLASHINFER_TWOSHOT", 1.0));
    }
  }
  Dataset widest(data.machine());
  for (const int tp_size : {2, 4, 8}) {
    widest.add(engine_row({tp_size, DType::bfloat16, "NONE", 16384, tp_size}, "FLASHINFER_ONESHOT", 1.0));
  }
  const auto end = written(data);
  EXPECT_EQ(dict_of(*end), "_use_oneshot_heuristics = {2: 1, 4: 1, 8: 4}\n");
  for (const auto& [problem, path] : answers(*end, widest, rule)) EXPECT_EQ(path, "one_shot") << to_string(problem);
  EXPECT_EQ(dict_of(*written(data, {{"widest_hidden_size", "32768"}})),
            "_use_oneshot_heuristics = {2: 1, 4: 2, 8: 42}\n");
}

TEST_F(FlashinferSink, NamesTheWinnersThatFlashinferCannotRun) {
  auto strategies = kernels;
  strategies.emplace_back("ONESHOT");
  const auto end = written(kernel_sweep({.tp_sizes = {2}, .strategies = strategies}));
  const std::string line = line_with(end->said, "ONESHOT is the fastest in");
  EXPECT_THAT(line,
              AllOf(HasSubstr("% of 48 cells where FlashInfer's table cannot choose it"), HasSubstr("in the mean")));
  EXPECT_THAT(read_file(artefact(*end)), HasSubstr(line.substr(line.find("ONESHOT"))));
}

TEST_F(FlashinferSink, SaysWhatItFollowsWhereItGoesAndWhatElseItChanges) {
  const auto end = written(kernel_sweep({.tp_sizes = {2}, .strategies = kernels}));
  EXPECT_THAT(read_file(artefact(*end)),
              AllOf(HasSubstr("# One-shot limits for FlashInfer 0.7.2, measured on sm90 (NVIDIA H200).\n"),
                    HasSubstr("context engine, bfloat16.\n"),
                    HasSubstr("# FlashInfer's paths were measured as: one_shot: FLASHINFER_ONESHOT; two_shot: "
                              "FLASHINFER_TWOSHOT.\n"),
                    HasSubstr("flashinfer/comm/trtllm_ar.py"), HasSubstr("apply to every GPU"),
                    HasSubstr("Only the backend trtllm reads it.")));
}

TEST_F(FlashinferSink, WritesNothingFromOtherKernelsOrAnotherContext) {
  for (const KernelSweep& sweep :
       {KernelSweep{.tp_sizes = {2}, .strategies = {"NCCL", "ONESHOT", "TWOSHOT", "TRTLLM_ONESHOT"}},
        KernelSweep{.tp_sizes = {2}, .strategies = kernels, .context = Context::back_to_back}}) {
    const auto end = written(kernel_sweep(sweep));
    EXPECT_FALSE(std::filesystem::exists(end->run.output_dir));
    EXPECT_THAT(end->said, ElementsAre(AllOf(HasSubstr("flashinfer: nothing to write"),
                                             HasSubstr("FLASHINFER_ONESHOT: {strategy: PYTHON, "),
                                             HasSubstr("configs/engines.yaml"))));
  }
}

TEST_F(FlashinferSink, TakesOtherNamesButNeverArbitersKernels) {
  const auto data = kernel_sweep({.tp_sizes = {2}, .strategies = {"ONESHOT", "TRTLLM_ONESHOT", "TRTLLM_TWOSHOT"}});
  const auto end = written(data, {{"one_shot", "[TRTLLM_ONESHOT]"}, {"two_shot", "[TRTLLM_TWOSHOT]"}});
  EXPECT_TRUE(std::filesystem::exists(artefact(*end)));
  DecisionsReport again(data);
  again.report.setting = engine_setting();
  const auto sink = load_plugin<Sink>(PLUGIN, {{"one_shot", "[ONESHOT]"}});
  EXPECT_THROW(sink->write(again.report), DataError);
}

TEST_F(FlashinferSink, WritesNothingWhereOneOfTheKernelsWasNotMeasured) {
  const auto end = written(kernel_sweep({.tp_sizes = {2}, .strategies = {"FLASHINFER_ONESHOT", "NCCL"}}));
  EXPECT_FALSE(std::filesystem::exists(end->run.output_dir));
  EXPECT_THAT(end->said, ElementsAre("flashinfer: _use_oneshot_heuristics has no tp 2, 4, 8: not measured"));
}

TEST_F(FlashinferSink, AgreesWithFlashinfersOwnCode) {
  const std::string why_not = why_not_asked("flashinfer", "flashinfer-python", flashinfer::version);
  if (!why_not.empty()) GTEST_SKIP() << why_not;
  const auto end =
      written(kernel_sweep({.tp_sizes = {2, 4, 8}, .fusions = norm_fusions, .strategies = kernels, .noise = 0.3}));
  const std::string own_code = engine_scripts({"plugins/sinks/flashinfer/ask_flashinfer.py"});
  EXPECT_EQ(answers(*end, end->dataset, own_code), answers(*end, end->dataset, rule));
  Answers shipped;
  for (const auto& [problem, cell] : end->dataset.cells()) {
    shipped[problem] = flashinfer::kernel_by_traffic(problem, flashinfer::shipped_mib(problem.tp_size));
  }
  EXPECT_EQ(answers(*end, end->dataset, "_use_oneshot_heuristics = {}\n" + own_code), shipped);
}

}  // namespace arbiter::test
