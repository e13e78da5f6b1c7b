// SPDX-License-Identifier: Apache-2.0
// docs/library.md and docs/examples: the page's commands in an empty folder, and answers that are the library's.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "arbiter/decision_table.hpp"
#include "arbiter/files.hpp"
#include "docs/pages.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* page = SOURCE "/docs/library.md";
constexpr const char* ask_in_python = SOURCE "/docs/examples/ask.py";

TEST(LibraryPage, BuildsTheExamplesDrawsPicturesAndGetsOneAnswerFromBothLanguages) {
  if (std::string(PYTHON3).empty()) GTEST_SKIP() << "there is no python3 of version 3.9 or newer";
  const test::TempDir folder;
  const auto run_through = run_page_with_prefix(page, folder.path(), {});
  ASSERT_EQ(run_through.exit_code, 0) << run_through.output;
  EXPECT_THAT(run_through.output, HasSubstr("tp 2, bfloat16, RESIDUAL_RMS_NORM, 1 tokens x 4096: ONESHOT"));
  const std::string& said = run_through.output;
  const std::string fastest = "tp 2, bfloat16, RESIDUAL_RMS_NORM, 1024 tokens x 4096: ";
  const auto line_at = [&](std::size_t at) { return said.substr(at, said.find('\n', at) - at); };
  ASSERT_NE(said.find(fastest), said.rfind(fastest)) << "from C++ and from Python";
  EXPECT_EQ(line_at(said.find(fastest)), line_at(said.rfind(fastest)));
  EXPECT_THAT(said, HasSubstr("benchmark.tp2.sm90_best_strategy.png"));
  for (const char* picture : {"heatmap.png", "best_strategy.svg", "strategy_difference.png", "lines.png"}) {
    EXPECT_GT(fs::file_size(folder.path() / "pictures" / picture), 1000U) << picture;
  }
  const std::string answers = "1 ONESHOT_PLAIN\n64 ONESHOT_PLAIN\n1024 TWOSHOT_PLAIN\n";
  EXPECT_THAT(run_through.output, EndsWith(answers + answers));

  const auto python = blocks_in(page, "python");
  ASSERT_EQ(python.size(), 1U);
  const auto file = folder.write("shown.py", python.front() + "print(strategy)\n");
  const auto shown = run({"sh", "-c", "cd '" + folder.path().string() + "' && '" PYTHON3 "' shown.py"},
                         {"PYTHONPATH=" + (folder.path() / "examples").string(), "PYTHONDONTWRITEBYTECODE=1"});
  EXPECT_EQ(shown.output, "ONESHOT_PLAIN\n");
}

TEST(LibraryPage, ShowsTheBuildFileOfTheExamplesAsItIs) {
  const auto shown = blocks_in(page, "cmake");
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_THAT(read_file(SOURCE "/docs/examples/CMakeLists.txt"), EndsWith(shown.front()));
}

class AskInPython : public ::testing::TestWithParam<LookUp> {};

/// A grid with a hole, steps, and a dtype for which another one must answer.
DecisionTable table_with(LookUp look_up) {
  constexpr std::uint16_t none = DecisionGrid::no_answer;
  DecisionTable table;
  table.look_up = look_up;
  table.fallback = "NCCL";
  table.grids = {{2, DType::bfloat16, "NONE", {1024, 4096}, {1, 8, 64}, {"A", "B", "C"}, {0, 1, 2, 1, none, 0}},
                 {2, DType::float32, "NONE", {2048}, {16}, {"WIDE"}, {0}}};
  table.steps = {{4, DType::bfloat16, "NONE", {{4096, "SMALL"}, {1 << 20, "LARGE"}}}};
  return table;
}

TEST_P(AskInPython, AnswersAsTheLibraryDoesForEveryShape) {
  if (std::string(PYTHON3).empty()) GTEST_SKIP() << "there is no python3 of version 3.9 or newer";
  const DecisionTable table = table_with(GetParam());
  ASSERT_EQ(fault_of(table), "");
  const test::TempDir folder;
  const auto file = folder.write(
      "decision.json",
      fmt::format(R"({{"format": "arbiter-decision", "version": 1, "selectors": [{{"name": "first", "table": {{}}}},)"
                  R"({{"name": "asked", "table": {}}}]}})",
                  to_json(table)));
  // One interpreter for all shapes, as it takes longer to start than to answer.
  std::string script = "import sys; from ask import Selector; s = Selector(sys.argv[1], 'asked')\n";
  std::string expected;
  for (const int tp_size : {2, 4, 8}) {
    for (const DType dtype : {DType::bfloat16, DType::float16, DType::float32}) {
      for (const std::int64_t hidden : {512, 1024, 2047, 2048, 2049, 4096, 9000}) {
        for (const std::int64_t tokens : {0, 1, 2, 3, 8, 22, 23, 64, 65, 4096}) {
          script += fmt::format("print(s.select({}, '{}', 'NONE', {}, {}))\n", tp_size, name_of(dtype), hidden, tokens);
          expected += fmt::format("{}\n", table.select({tp_size, dtype, "NONE", hidden, tokens}));
        }
      }
    }
  }
  for (const char* answer : {"NCCL", "SMALL", "LARGE"}) ASSERT_THAT(expected, HasSubstr(answer));
  const auto answered =
      run({PYTHON3, folder.write("all.py", script), file},
          {"PYTHONPATH=" + fs::path(ask_in_python).parent_path().string(), "PYTHONDONTWRITEBYTECODE=1"});
  EXPECT_EQ(answered.output, expected);
}

INSTANTIATE_TEST_SUITE_P(Every, AskInPython,
                         ::testing::Values(LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

TEST(AskInPythonOf, RefusesAFileOfAnotherVersionAndASelectorThatIsNotThere) {
  if (std::string(PYTHON3).empty()) GTEST_SKIP() << "there is no python3 of version 3.9 or newer";
  const test::TempDir folder;
  const auto ask = [&](const std::string& text) {
    return run(
        {PYTHON3, ask_in_python, folder.write("decision.json", text), "lp", "2", "bfloat16", "NONE", "1024", "1"});
  };
  const auto newer = ask(R"({"format": "arbiter-decision", "version": 2, "selectors": []})");
  EXPECT_EQ(newer.exit_code, 1);
  EXPECT_THAT(newer.output, HasSubstr("allowed: format arbiter-decision, version 1"));
  const auto other =
      ask(R"({"format": "arbiter-decision", "version": 1, "selectors": [{"name": "lut", "table": {}}]})");
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.output, HasSubstr("found no selector lp; allowed: lut"));
}

}  // namespace
}  // namespace arbiter::testing
