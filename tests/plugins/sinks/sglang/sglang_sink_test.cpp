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

/// SGLang's rule for one of its two maps.
std::string rule_for(const std::string& map) {
  return "heuristics = " + map + R"(
def choose(tp, fusion, tokens, hidden, itemsize):
    nbytes = tokens * hidden * itemsize
    if nbytes % 16 != 0:
        return "nccl"
    push, pull, two_shot = heuristics[tp]
    assert push <= pull <= two_shot
    if nbytes <= push:
        return "push"
    if nbytes <= pull:
        return "pull"
    if nbytes <= two_shot:
        return "two_shot"
    return "nccl"
)";
}

const std::map<std::string, std::vector<std::string>> paths = {
    {"push", {"ONESHOT"}}, {"two_shot", {"TWOSHOT"}}, {"nccl", {"NCCL"}}};

const std::vector<std::pair<std::string, std::string>> named = {
    {"push", "[ONESHOT]"}, {"two_shot", "[TWOSHOT]"}, {"nccl", "[NCCL]"}};

std::filesystem::path artefact(const DecisionsReport& end) { return end.run.output_dir / "engines/sglang/sglang.py"; }

class SglangSink : public ::testing::Test {
 protected:
  void SetUp() override {
    if (testing::run({"python3", "--version"}).exit_code != 0) GTEST_SKIP() << "no python3 to read the maps back";
  }

  static Judgement replay(const DecisionsReport& end, const std::string& map, const Dataset& data) {
    std::string failure;
    const Answers answers = python_answers(artefact(end), rule_for(map), data, failure);
    EXPECT_EQ(failure, "");
    return answers.empty() ? Judgement{} : judge(data, answers, paths);
  }
};

Dataset aligned(const Dataset& data) {
  Dataset result(data.machine());
  for (const Measurement& row : data.rows()) {
    if (row.problem.message_bytes() % 16 == 0) result.add(row);
  }
  return result;
}

}  // namespace

TEST_F(SglangSink, MakesSglangChooseTheBestPathAtEveryPointWhenSizeDecides) {
  DecisionsReport end(engine_sweep({{2, 4, 8}}));
  load_plugin<Sink>(PLUGIN, named)->write(end.report);
  for (const int tp_size : {2, 4, 8}) {
    const Judgement judgement = replay(end, "graph_map", aligned(end.dataset.of_tp_size(tp_size)));
    EXPECT_GT(judgement.cells, 40);
    EXPECT_DOUBLE_EQ(judgement.worst, 0.0) << tp_size;
  }
}

TEST_F(SglangSink, StatesTheRegretThatItsReplayFindsForGraphsAndEagerRunsApart) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    const Dataset graph = engine_sweep({{2, 8}, {"NONE"}, 0.4, seed, true});
    const Dataset eager = engine_sweep({{2, 8}, {"NONE"}, 0.4, seed + 100, false});
    Dataset both = graph;
    both.append(eager);
    DecisionsReport end(both);
    load_plugin<Sink>(PLUGIN, named)->write(end.report);
    for (const int tp_size : {2, 8}) {
      for (const auto& [map, data] : {std::pair{"graph_map", graph}, {"eager_map", eager}}) {
        const Judgement judgement = replay(end, map, data.of_tp_size(tp_size));
        EXPECT_GT(judgement.worst, 0.0);
        EXPECT_THAT(line_with(end.said, fmt::format("{}: tp {}:", map, tp_size)),
                    AllOf(HasSubstr(judgement.stated()), HasSubstr(judgement.stated_worst())));
      }
    }
  }
}

TEST_F(SglangSink, LeavesOutWhatWasNotMeasuredAndNamesIt) {
  DecisionsReport end(engine_sweep({{4}}));
  load_plugin<Sink>(PLUGIN, named)->write(end.report);
  EXPECT_THAT(read_file(artefact(end)), AllOf(HasSubstr("graph_map = {4: ("), HasSubstr("eager_map = {}\n")));
  EXPECT_THAT(end.said, ::testing::Contains("sglang: eager_map has no tp 2, 3, 4, 5, 6, 7, 8, 16: not measured"));
}

TEST_F(SglangSink, UsesThePullingKernelWhereSomethingStandsForIt) {
  Dataset data(Machine{"sm90", {}});
  const std::vector<std::string> order = {"ONESHOT", "PULLS", "TWOSHOT", "NCCL"};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const std::string& name : order) {
      data.add(decision_row(cell_of(1024, 1 << i), name, name == order[i] ? 1.0 : 2.0));
    }
  }
  DecisionsReport end(data);
  auto all_named = named;
  all_named.emplace_back("pull", "[PULLS]");
  load_plugin<Sink>(PLUGIN, all_named)->write(end.report);
  EXPECT_THAT(read_file(artefact(end)), HasSubstr("eager_map = {2: (2048, 4096, 8192)}\n"));
}

TEST_F(SglangSink, WritesNoFileAndOneLineWhereNoStrategyIsNamed) {
  DecisionsReport end(engine_sweep({{2}, {"NONE", "RESIDUAL_RMS_NORM"}}));
  load_plugin<Sink>(PLUGIN)->write(end.report);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said,
              ::testing::ElementsAre(
                  AllOf(HasSubstr("sglang: nothing to write: no strategy is named for SGLang's paths"),
                        HasSubstr("sinks: {sglang: {push: [NAME]}}"), HasSubstr("paths: push, pull, two_shot, nccl;"),
                        HasSubstr("names in the data: NCCL, NCCL_SYMMETRIC, ONESHOT, TWOSHOT"))));
}

TEST_F(SglangSink, RefusesANamedStrategyThatIsNotInTheData) {
  DecisionsReport end(engine_sweep({{2}}));
  const auto sink = load_plugin<Sink>(PLUGIN, {{"push", "[MISSING]"}});
  try {
    sink->write(end.report);
    FAIL() << "a strategy without data was taken";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("sglang: push: found MISSING"), HasSubstr("allowed: "), HasSubstr("ONESHOT")));
  }
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
}

TEST_F(SglangSink, SaysInItsFileWhichStrategyStandsForWhichPath) {
  DecisionsReport end(engine_sweep({{2}}));
  load_plugin<Sink>(PLUGIN, named)->write(end.report);
  EXPECT_THAT(read_file(artefact(end)),
              HasSubstr("# SGLang's paths were measured as: push: ONESHOT; two_shot: TWOSHOT; nccl: NCCL.\n"));
}

TEST_F(SglangSink, NeedsAStrategyForNcclAndForAKernel) {
  for (const auto& [key, missing] : {std::pair{"push", "nccl"}, {"nccl", "push, two_shot"}}) {
    DecisionsReport end(engine_sweep({{2}}));
    load_plugin<Sink>(PLUGIN, {{key, "[ONESHOT]"}})->write(end.report);
    EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
    EXPECT_THAT(end.said, ::testing::ElementsAre(
                              fmt::format("sglang: sglang.py is left out: no strategy is named for {}", missing)));
  }
}

TEST_F(SglangSink, IsWrittenForNcclAndOneKernelThatIsNotThePullingOne) {
  for (const auto& [key, written] : {std::pair{"push", true}, {"two_shot", true}, {"pull", false}}) {
    DecisionsReport end(engine_sweep({{2}}));
    load_plugin<Sink>(PLUGIN, {{key, "[ONESHOT]"}, {"nccl", "[NCCL]"}})->write(end.report);
    EXPECT_EQ(std::filesystem::exists(artefact(end)), written) << key;
  }
}

}  // namespace arbiter::test
