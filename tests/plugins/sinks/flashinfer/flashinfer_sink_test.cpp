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

/// FlashInfer's rule, in its order of arithmetic; a missing key is its KeyError.
constexpr const char* rule = R"(
def choose(tp, fusion, tokens, hidden, itemsize):
    comm_size_mb = tokens * hidden * 2 * tp * itemsize / 1024 / 1024
    if comm_size_mb <= _use_oneshot_heuristics[tp]:
        return "one_shot"
    assert tokens > tp, "sequence length should be larger than tp_size"
    return "two_shot"
)";

const std::vector<std::pair<std::string, std::string>> named = {{"one_shot", "[ONESHOT]"}, {"two_shot", "[TWOSHOT]"}};

std::filesystem::path artefact(const DecisionsReport& end) {
  return end.run.output_dir / "engines/flashinfer/flashinfer.py";
}

class FlashinferSink : public ::testing::Test {
 protected:
  void SetUp() override {
    if (testing::run({"python3", "--version"}).exit_code != 0) GTEST_SKIP() << "no python3 to read the dict back";
  }

  static Judgement replay(const DecisionsReport& end, const Dataset& data) {
    std::string failure;
    const Answers answers = python_answers(artefact(end), rule, data, failure);
    EXPECT_EQ(failure, "");
    if (answers.empty()) return {};
    return judge(data, answers, {{"one_shot", {"ONESHOT"}}, {"two_shot", {"TWOSHOT"}}});
  }
};

}  // namespace

TEST_F(FlashinferSink, MakesFlashinferChooseTheBestPathAtEveryPointWhenSizeDecides) {
  DecisionsReport end(engine_sweep({{2, 4, 8}, {"NONE", "RESIDUAL_RMS_NORM"}}));
  load_plugin<Sink>(PLUGIN, named)->write(end.report);
  for (const int tp_size : {2, 4, 8}) {
    // Where tokens are no more than ranks, two shots are out of the question, whatever they take.
    const Dataset measured = end.dataset.of_tp_size(tp_size);
    Dataset possible(measured.machine());
    for (const Measurement& row : measured.rows()) {
      if (row.strategy != "TWOSHOT" || row.problem.num_tokens > tp_size) possible.add(row);
    }
    const Judgement judgement = replay(end, possible);
    EXPECT_EQ(judgement.cells, 100);
    EXPECT_DOUBLE_EQ(judgement.worst, 0.0) << tp_size;
  }
}

TEST_F(FlashinferSink, StatesTheRegretThatItsReplayFinds) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    DecisionsReport end(engine_sweep({{2, 4, 8}, {"NONE", "RESIDUAL_RMS_NORM_QUANT_FP8"}, 0.4, seed}));
    load_plugin<Sink>(PLUGIN, named)->write(end.report);
    for (const int tp_size : {2, 4, 8}) {
      const Judgement judgement = replay(end, end.dataset.of_tp_size(tp_size));
      EXPECT_GT(judgement.worst, 0.0);
      EXPECT_THAT(line_with(end.said, fmt::format("tp {}: one shot up to", tp_size)),
                  AllOf(HasSubstr(judgement.stated()), HasSubstr(judgement.stated_worst())));
    }
  }
}

TEST_F(FlashinferSink, CountsTheTrafficOfAllRanksBothWays) {
  Dataset data(Machine{"sm90", {}});
  for (const auto& [tokens, one_shot] : {std::pair{64, 1.0}, {96, 1.0}, {128, 9.0}}) {
    const Problem problem{4, DType::float32, "NONE", 2880, tokens};
    data.add(decision_row(problem, "ONESHOT", one_shot));
    data.add(decision_row(problem, "TWOSHOT", 5.0));
  }
  DecisionsReport end(data);
  load_plugin<Sink>(PLUGIN, named)->write(end.report);
  // 96 x 2880 x 4 B x 2 x 4 ranks.
  EXPECT_THAT(read_file(artefact(end)), HasSubstr("_use_oneshot_heuristics = {4: 8.4375}\n"));
  EXPECT_THAT(end.said, ::testing::Contains("flashinfer: _use_oneshot_heuristics has no tp 2, 8: not measured"));
  EXPECT_DOUBLE_EQ(replay(end, data).worst, 0.0);
}

TEST_F(FlashinferSink, WritesNoFileAndOneLineWhereNoStrategyIsNamed) {
  DecisionsReport end(engine_sweep({{2}, {"NONE", "RESIDUAL_RMS_NORM"}}));
  load_plugin<Sink>(PLUGIN)->write(end.report);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said,
              ::testing::ElementsAre(
                  AllOf(HasSubstr("flashinfer: nothing to write: no strategy is named for FlashInfer's paths"),
                        HasSubstr("sinks: {flashinfer: {one_shot: [NAME]}}"), HasSubstr("paths: one_shot, two_shot;"),
                        HasSubstr("names in the data: NCCL, NCCL_SYMMETRIC, ONESHOT, TWOSHOT"))));
}

TEST_F(FlashinferSink, RefusesANamedStrategyThatIsNotInTheData) {
  DecisionsReport end(engine_sweep({{2}}));
  const auto sink = load_plugin<Sink>(PLUGIN, {{"one_shot", "[MISSING]"}});
  try {
    sink->write(end.report);
    FAIL() << "a strategy without data was taken";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("flashinfer: one_shot: found MISSING"), HasSubstr("allowed: "), HasSubstr("ONESHOT")));
  }
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
}

TEST_F(FlashinferSink, SaysInItsFileWhichStrategyStandsForWhichPath) {
  DecisionsReport end(engine_sweep({{2}}));
  load_plugin<Sink>(PLUGIN, named)->write(end.report);
  EXPECT_THAT(read_file(artefact(end)),
              HasSubstr("# FlashInfer's paths were measured as: one_shot: ONESHOT; two_shot: TWOSHOT.\n"));
}

TEST_F(FlashinferSink, NeedsAStrategyForBothPaths) {
  DecisionsReport end(engine_sweep({{2}}));
  load_plugin<Sink>(PLUGIN, {{"one_shot", "[ONESHOT]"}})->write(end.report);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said, ::testing::ElementsAre(
                            "flashinfer: _use_oneshot_heuristics is left out: no strategy is named for two_shot"));
}

}  // namespace arbiter::test
