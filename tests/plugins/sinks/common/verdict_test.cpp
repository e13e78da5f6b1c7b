// SPDX-License-Identifier: Apache-2.0
#include "common/verdict.hpp"

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "support/unwrapped.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

Measurement precise(Measurement row) {
  row.ci_low_us = 0.99 * row.time_us;
  row.ci_high_us = 1.01 * row.time_us;
  row.run_id = "run";
  return row;
}

void add_cell(Dataset& data, const Problem& problem, double oneshot_us, double library_us) {
  data.add(precise(decision_row(problem, "ONESHOT", oneshot_us)));
  data.add(precise(decision_row(problem, "TWOSHOT", 3.0)));
  data.add(precise(decision_row(problem, "NCCL", 2.0 * library_us)));
  data.add(precise(decision_row(problem, "NCCL_SYMMETRIC", library_us)));
}

Dataset gpu_data() {
  Dataset data(Machine{"sm90", {}});
  for (const auto& [fusion, times] : {std::pair{"NONE", 2.0}, std::pair{"RESIDUAL_RMS_NORM", 4.0}}) {
    add_cell(data, {2, DType::bfloat16, fusion, 1024, 1}, 1.0, times);
    add_cell(data, {2, DType::bfloat16, fusion, 1024, 64}, 6.0, 3.0 * times);
  }
  return data;
}

std::string below_eight_tokens_oneshot(const Problem& problem) {
  return problem.num_tokens < 8 ? "ONESHOT" : "TWOSHOT";
}

/// ONESHOT is the fastest to 2 KiB, TWOSHOT above; the better library takes twice the time, with an epilogue four
/// times.
struct GpuRun : DecisionsReport {
  GpuRun() : DecisionsReport(gpu_data(), {std::make_shared<FunctionSelector>("lut", below_eight_tokens_oneshot)}) {
    add_cell(holdout, {2, DType::bfloat16, "NONE", 1024, 4}, 1.0, 2.0);
    add_cell(holdout, {2, DType::bfloat16, "NONE", 1024, 16}, 2.97, 6.0);
    run.runs = {{"run", "", "", 1.5}};
  }
};

std::vector<std::string> verdict_of(const DecisionsReport& end) {
  return verdict(end.report, regret_report(end.report));
}

}  // namespace

TEST(Verdict, SaysWhatIsTheFastestByHowMuchWhetherToTrustItAndWhatToDo) {
  GpuRun end;
  write_file(end.run.output_dir / "arbiter_decision.hpp", "");
  EXPECT_THAT(
      verdict_of(end),
      ElementsAre(
          "Fastest, or within 1 %, in 100 % of 4 cells: tp 2: ONESHOT to 2 KiB, TWOSHOT above",
          "Gain over the better of NCCL and NCCL_SYMMETRIC: tp 2 2.00x (with epilogue 4.00x)",
          "Trust: lut loses 0.51 % (worst 1.0 %) on 2 holdout cells; noise +-1.0 %",
          "Next: arbiter_decision.hpp into your engine's sources; configs/engines.yaml makes those of vLLM etc"));
}

TEST(Verdict, NamesTheLineThatRunsTheDecisionOnGpus) {
  GpuRun end;
  write_file(end.run.output_dir / "arbiter_decision.hpp", "");
  write_file(end.run.output_dir / "decision.json", "");
  EXPECT_EQ(verdict_of(end).back(), "Next: ARBITER_DECISION=decision.json runs it in an engine (docs/runtime.md)");
}

TEST(Verdict, IsAboutTheHeuristicThatTheHoldoutFindsTheBest) {
  GpuRun end;
  const auto lp = [](const Problem& problem) { return problem.num_tokens < 20 ? "ONESHOT" : "TWOSHOT"; };
  end.report.selectors.push_back(std::make_shared<FunctionSelector>("lp", lp));
  write_file(end.run.output_dir / "arbiter_decision.hpp", "");
  EXPECT_THAT(verdict_of(end), AllOf(::testing::Contains("Trust: lp loses 0.00 % (worst 0.0 %) on 2 holdout cells, lut "
                                                         "0.51 %; noise +-1.0 %"),
                                     ::testing::Contains("Next: list lp first under heuristics, then "
                                                         "arbiter_decision.hpp into your engine's sources")));
  write_file(end.run.output_dir / "decision.json", "");
  EXPECT_EQ(verdict_of(end).back(), "Next: ARBITER_DECISION=decision.json#lp runs it in an engine (docs/runtime.md)");
}

TEST(Verdict, OfEquallyGoodHeuristicsIsAboutTheFirstOrTheOneWithFewerRegions) {
  GpuRun end;
  const auto add = [&](const char* name, auto select) {
    end.report.selectors.push_back(std::make_shared<FunctionSelector>(name, select));
  };
  const auto steady = [](const Problem& problem) {
    return problem.fusion == "NONE" ? below_eight_tokens_oneshot(problem) : std::string("TWOSHOT");
  };
  add("steady", steady);
  EXPECT_THAT(verdict_of(end)[2], StartsWith("Trust: lut loses 0.51 % (worst 1.0 %) on 2 holdout cells;"))
      << "it is as good, and what AUTO and the sinks take";
  end.report.selectors.clear();
  add("wrong", [](const Problem&) { return "NCCL"; });
  add("lut", below_eight_tokens_oneshot);
  add("steady", steady);
  add("same", steady);
  EXPECT_THAT(verdict_of(end)[2], StartsWith("Trust: steady loses 0.51 % (worst 1.0 %) on 2 holdout cells, wrong "));
  end.holdout = {};
  EXPECT_THAT(verdict_of(end)[2], StartsWith("Trust with care: no holdout judges wrong;"));
}

TEST(Verdict, IsAboutNoHeuristicThatChoosesWhatHasNoTime) {
  GpuRun end;
  add_cell(end.holdout, {2, DType::bfloat16, "NONE", 1024, 6}, 1.0, 2.0);
  for (std::int64_t tokens = 100; tokens < 120; ++tokens) {
    add_cell(end.holdout, {2, DType::bfloat16, "NONE", 1024, tokens}, 6.0, 9.0);
  }
  // It loses nothing where it is judged; of what it says for 6 tokens nobody knows what it costs.
  end.report.selectors.push_back(std::make_shared<FunctionSelector>("lucky", [](const Problem& problem) {
    if (problem.num_tokens == 6) return "OTHER";
    return problem.num_tokens < 20 ? "ONESHOT" : "TWOSHOT";
  }));
  EXPECT_THAT(verdict_of(end)[2], StartsWith("Trust: lut loses 0.04 %"));
}

TEST(Verdict, NeverCutsTheNameInALineToPaste) {
  GpuRun end;
  const std::string name(60, 'n');
  end.report.selectors.push_back(std::make_shared<FunctionSelector>(
      name, [](const Problem& problem) { return problem.num_tokens < 20 ? "ONESHOT" : "TWOSHOT"; }));
  write_file(end.run.output_dir / "decision.json", "");
  EXPECT_EQ(verdict_of(end).back(), "Next: list " + name + " first under heuristics");
}

TEST(Verdict, NamesTheFileThatAnEngineLoadsBeforeAnyOther) {
  GpuRun end;
  write_file(end.run.output_dir / "arbiter_decision.hpp", "");
  write_file(end.run.output_dir / "engines/sglang/sglang.py", "");
  EXPECT_EQ(verdict_of(end).back(), "Next: engines/sglang/sglang.py to the end of SGLang's custom_all_reduce_v2.py");
  write_file(end.run.output_dir / "engines/vllm/vllm.py", "");
  EXPECT_EQ(verdict_of(end).back(), "Next: engines/vllm/vllm.py into vLLM's dicts; 1 more in engines/");
}

TEST(Verdict, NamesAFusionWhoseFastestIsAnother) {
  GpuRun end;
  for (const std::int64_t tokens : {1, 64}) {
    const Problem problem{2, DType::bfloat16, "OTHER", 1024, tokens};
    add_cell(end.dataset, problem, 1.1, 9.0);
    end.dataset.add(decision_row(problem, "NCCL", 1.0));
  }
  EXPECT_THAT(unwrapped(verdict_of(end)),
              StartsWith("Fastest, or within 1 %, in 66 % of 6 cells: tp 2: ONESHOT to 2 KiB, "
                         "TWOSHOT above; tp 2 OTHER: NCCL at every size"));
}

TEST(Verdict, DoubtsADecisionThatLosesOnTheHoldout) {
  GpuRun end;
  add_cell(end.holdout, {2, DType::bfloat16, "NONE", 1024, 5}, 6.0, 9.0);
  const auto lines = verdict_of(end);
  EXPECT_THAT(lines[2], StartsWith("Trust with care: lut loses 33.67 % (worst 100.0 %) on 3 holdout cells"));
  EXPECT_THAT(lines[3], HasSubstr("denser grid"));
}

TEST(Verdict, AsksForSamplesWhereManyRowsMissedTheirPrecision) {
  GpuRun end;
  end.run.runs = {{"run", "", "", 0.5}};
  const auto lines = verdict_of(end);
  EXPECT_THAT(lines[2], AllOf(StartsWith("Trust with care:"), HasSubstr("24 of 24 rows missed +-0.5 %")));
  EXPECT_THAT(lines.back(), HasSubstr("time_target_ms"));
}

TEST(Verdict, TrustsLittleWhatRanksMeasuredThatSharedCores) {
  Dataset data(Machine{"cpu", {{"cores", "1"}}});
  data.add(decision_row(cell_of(1024, 1), "MPI", 2.0));
  data.add(decision_row(cell_of(1024, 1), "ONESHOT", 1.0));
  const DecisionsReport end(data);
  const auto lines = verdict_of(end);
  EXPECT_EQ(lines[1], "Gain over MPI: tp 2 2.00x; cells 2.00x to 2.00x");
  EXPECT_EQ(lines[2], "Trust little: 2 ranks on 1 cores");
  EXPECT_THAT(lines[3], HasSubstr("every rank has a core"));
}

TEST(Verdict, SaysWhereThereIsNoGain) {
  Dataset data(Machine{"cpu", {}});
  data.add(decision_row(cell_of(1024, 1), "ONESHOT", 2.0));
  EXPECT_THAT(verdict_of(DecisionsReport(data))[1], HasSubstr("no library path was measured"));
  data.add(decision_row(cell_of(1024, 1), "MPI_RING", 1.0));
  EXPECT_EQ(verdict_of(DecisionsReport(data))[1], "Gain: none, the best is MPI_RING");
}

TEST(Verdict, HasAtMostFiveLinesThatFitATerminal) {
  Dataset data(Machine{"sm90", {}});
  const std::string name(60, 'N');
  for (const int tp_size : {2, 4, 8, 16, 32}) {
    for (const std::int64_t tokens : {1, 16, 256}) {
      const Problem problem{tp_size, DType::bfloat16, name, 1024, tokens};
      data.add(decision_row(problem, name + "A", static_cast<double>(tokens)));
      data.add(decision_row(problem, name + "B", 16.5 - tp_size / 100.0));
      data.add(decision_row(problem, "MPI_" + name, 100.0 + tp_size));
    }
  }
  const auto lines = verdict_of(DecisionsReport(data));
  EXPECT_THAT(lines, SizeIs(::testing::Le(5U)));
  for (const std::string& line : lines) EXPECT_LE(line.size(), verdict_width) << line;
  EXPECT_THAT(lines.back(), StartsWith("Next: "));
}

TEST(Verdict, IsNothingWithoutAUsableRow) {
  Dataset data(Machine{"cpu", {}});
  data.add(failed_row(cell_of(1024, 1), "MPI"));
  EXPECT_THAT(verdict_of(DecisionsReport(data)), IsEmpty());
}

}  // namespace arbiter::test
