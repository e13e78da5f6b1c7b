// SPDX-License-Identifier: Apache-2.0
// Ranks that run in the interpreter that a strategy names.
#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class PythonRanks : public RunnerFixture {
 protected:
  void SetUp() override {
    if (std::string(PYTHON3).empty()) GTEST_SKIP() << "there is no python3 of version 3.9 or newer";
  }

  /// A virtual environment in the test's folder; its interpreter.
  [[nodiscard]] std::string venv(const std::string& name) const {
    const auto made = run({PYTHON3, "-m", "venv", "--without-pip", (dir_ / name).string()});
    EXPECT_EQ(made.exit_code, 0) << made.output;
    return (dir_ / name / "bin/python").string();
  }
  [[nodiscard]] fs::path script(const std::string& name, const std::string& text) const {
    auto file = write(name, text);
    fs::permissions(file, fs::perms::owner_exec, fs::perm_options::add);
    return file;
  }
  [[nodiscard]] fs::path sweep(const std::string& tp_sizes, const std::string& strategies,
                               const std::string& extra = "sinks: [cpp_table, summary]\n") const {
    return write("sweep.yaml", "backend: host\nproblems: {tp_size: " + tp_sizes +
                                   ", dtype: float32, fusion: [NONE], hidden_size: [64, 100], num_tokens: [1, 8, 32]}\n"
                                   "measurement: {time_target_ms: 5, min_samples: 5, min_sample_us: 20}\n"
                                   "strategies: {MPI: , " +
                                   strategies + ", ONESHOT: }\noutput_dir: " + out().string() + "\n" + extra);
  }
  /// Without the two strategies that need no interpreter.
  [[nodiscard]] fs::path sweep_of(const std::string& strategies) const {
    auto text = read_file(sweep("[2, 3]", strategies));
    text.erase(text.find("MPI: , "), 7);
    text.erase(text.find(", ONESHOT: "), 11);
    return write("sweep.yaml", text);
  }
  [[nodiscard]] std::string in_python(const std::string& python, const std::string& more = "") const {
    return "{strategy: IN_PYTHON, python: " + python + ", trace: " + (dir_ / "trace").string() + more + "}";
  }
  [[nodiscard]] Finished measure(const fs::path& config, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"--config", config.string(), "--plugin_dir", PYTHON_SAMPLES};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return runner(arguments, {own_shared_memory()});
  }
  [[nodiscard]] Finished measure_under_mpirun(const fs::path& config) const {
    return run(
        {"mpirun", "--oversubscribe", "-n", "2", RUNNER, "--config", config.string(), "--plugin_dir", PYTHON_SAMPLES},
        {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", own_shared_memory()});
  }

  [[nodiscard]] std::vector<Measurement> rows(int tp_size) const {
    return read_csv(out() / ("benchmark.tp" + std::to_string(tp_size) + ".cpu.csv")).dataset.rows();
  }
  [[nodiscard]] std::string log(int tp_size) const {
    return read_file(out() / ("benchmark.tp" + std::to_string(tp_size) + ".cpu.log"));
  }
  /// Each of the `strategies` on each problem once, those that need an interpreter on rows of 64 only; `failed` cells.
  void expect_rows(int tp_size, const std::set<std::string>& plain, const std::set<std::string>& in_interpreters,
                   std::size_t failed = 0) const {
    std::map<std::tuple<std::int64_t, std::int64_t, std::string>, int> seen;
    std::size_t failures = 0;
    for (const auto& row : rows(tp_size)) {
      ++seen[{row.problem.hidden_size, row.problem.num_tokens, row.strategy}];
      failures += row.failed ? 1 : 0;
      EXPECT_EQ(row.run_id, rows(tp_size).front().run_id);
    }
    EXPECT_EQ(failures, failed);
    EXPECT_EQ(seen.size(), 6 * plain.size() + 3 * in_interpreters.size());
    for (const auto& [cell, count] : seen) {
      const auto& strategy = std::get<2>(cell);
      EXPECT_EQ(count, 1) << strategy;
      EXPECT_TRUE(plain.contains(strategy) || in_interpreters.contains(strategy)) << strategy;
    }
  }
  /// The distinct lines of the trace.
  [[nodiscard]] std::set<std::string> trace() const {
    std::istringstream text(read_file(dir_ / "trace"));
    std::set<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.insert(line);
    return lines;
  }
  /// The record of the run.
  [[nodiscard]] std::string record() const { return read_file(out() / ("run." + rows(2).front().run_id + ".json")); }
};

TEST_F(PythonRanks, MeasureAllOfASweepWithOneInterpreterAndOneTpSize) {
  const auto python = venv("a");
  const auto result = measure(sweep("2", "X: " + in_python(python), "enable_auto: true\n"));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, Not(HasSubstr("part ")));
  expect_rows(2, {"MPI", "ONESHOT", "AUTO"}, {"X"});
  EXPECT_THAT(trace(), ElementsAre("2 " + python)) << "a link to the real interpreter stays one";
  EXPECT_THAT(record(), AllOf(HasSubstr("\"X.python\": \"python 3."), HasSubstr("\"X.engine\": \"7.1\""),
                              Not(HasSubstr("ARBITER_PART")), Not(HasSubstr(dir_.string()))));
  EXPECT_EQ(count_of(log(2), "rows of 100 are beyond it"), 3U);
  EXPECT_THAT(left_in_shared_memory(), ::testing::IsEmpty());
}

TEST_F(PythonRanks, OfEachTpSizeAreAPart) {
  const auto python = venv("a");
  const auto result = measure(sweep("[2, 3]", "X: " + in_python(python)), {"--enable_auto"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("part 1 of 3, tp 2 in " + python), HasSubstr("part 2 of 3, tp 3 in "),
                                   HasSubstr("part 3 of 3, tp 2, 3: the decision, AUTO"), Not(HasSubstr("failed"))));
  for (const int tp_size : {2, 3}) {
    expect_rows(tp_size, {"MPI", "ONESHOT", "AUTO"}, {"X"});
    EXPECT_EQ(count_of(log(tp_size), "rows of 100 are beyond it"), 3U) << log(tp_size);
  }
  EXPECT_THAT(trace(), ElementsAre("2 " + python, "3 " + python));
  EXPECT_TRUE(fs::exists(out() / "gen_heuristic_code/generated_lookup_table.cpp"));
  EXPECT_FALSE(fs::exists(out() / "benchmark.tp3.cpu.csv.1")) << "the file is continued";
}

TEST_F(PythonRanks, AreNotThoseThatMeasureAutoAfterSeveralParts) {
  const auto python = venv("a");
  auto result = measure(sweep_of("X: " + in_python(python)), {"--enable_auto"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  expect_rows(3, {}, {"X"});
  EXPECT_EQ(count_of(log(3), "AUTO: what can do it runs in an interpreter"), 3U) << log(3);

  // X wins everywhere, because WRONG fails.
  result = measure(sweep_of("X: " + in_python(python) + ", WRONG: "), {"--enable_auto", "--plugin_dir", SAMPLES});
  EXPECT_THAT(result.output, HasSubstr("AUTO runs MPI where lut names X, which cannot run here"));
  const auto measured = rows(3);
  EXPECT_EQ(std::ranges::count(measured, "AUTO", &Measurement::strategy), 4) << "where WRONG supports the problem";
  for (const auto& row : measured) EXPECT_EQ(row.failed, row.strategy == "WRONG") << row.strategy << ": " << row.reason;
}

TEST_F(PythonRanks, KeepTheCsvsOfAnEarlierRunApart) {
  const auto config = sweep("[2, 3]", "X: " + in_python(venv("a")));
  ASSERT_EQ(measure(config).exit_code, 0);
  const auto first = read_file(out() / "benchmark.tp3.cpu.csv");
  ASSERT_EQ(measure(config).exit_code, 0);
  EXPECT_EQ(read_file(out() / "benchmark.tp3.cpu.csv.1"), first);
  EXPECT_FALSE(fs::exists(out() / "benchmark.tp3.cpu.csv.2"));
  expect_rows(3, {"MPI", "ONESHOT"}, {"X"});
}

TEST_F(PythonRanks, OfEachInterpreterAreAPart) {
  const auto a = venv("a");
  const auto b = venv("b");
  const auto result = measure(sweep("2", "A: " + in_python(a) + ", B: " + in_python(b, ", table_id: 141")));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  expect_rows(2, {"MPI", "ONESHOT"}, {"A", "B"});
  EXPECT_THAT(trace(), ElementsAre("2 " + a, "2 " + b));
  EXPECT_EQ(count_of(log(2), ", A: rows of 100"), 3U) << log(2);
  EXPECT_EQ(count_of(log(2), ", B: rows of 100"), 3U) << log(2);
  EXPECT_THAT(log(2), Not(HasSubstr("do not run in Python")));
  EXPECT_THAT(record(), AllOf(HasSubstr("A.python"), HasSubstr("B.python"), HasSubstr("B.engine")));
}

TEST_F(PythonRanks, ThatCrashCostTheirCell) {
  const auto adapter = write("crashes.py", "import ctypes\nctypes.string_at(0)\n");
  const auto result = measure(sweep("[2, 3]", "X: " + in_python(venv("a"), ", adapter: " + adapter.string())));
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("8 tokens x 64, X: rank 1 was killed by signal 11"),
                                   HasSubstr("new ranks continue after it"), HasSubstr("2 cells failed")));
  for (const int tp_size : {2, 3}) {
    expect_rows(tp_size, {"MPI", "ONESHOT"}, {"X"}, 1);
    EXPECT_EQ(count_of(log(tp_size), "rows of 100 are beyond it"), 3U) << log(tp_size);
  }
}

TEST_F(PythonRanks, AreWatchedAsOthersAre) {
  Process sweep({RUNNER, "--config", long_sweep().string(), "--plugin_dir", PYTHON_SAMPLES, "--set",
                 "problems.dtype=float32", "--set", "strategies={MPI: , X: " + in_python(venv("a")) + "}"},
                {own_shared_memory()});
  ASSERT_TRUE(sweep.wait_for_output("[3/1000]", std::chrono::seconds(60))) << sweep.output();
  const auto ranks = descendants(sweep.pid(), "python");
  ASSERT_EQ(ranks.size(), 3U);
  ::kill(ranks[1], SIGKILL);
  ASSERT_TRUE(sweep.wait_for_output("new ranks continue", std::chrono::seconds(60))) << sweep.output();
  EXPECT_THAT(sweep.output(), HasSubstr("was killed by signal 9 (Killed)"));
  ASSERT_TRUE(sweep.wait_for_output("[3/9", std::chrono::seconds(60))) << sweep.output();
  const auto others = descendants(sweep.pid(), "python");
  ::kill(sweep.pid(), SIGINT);
  EXPECT_EQ(sweep.wait(std::chrono::seconds(60)), 1) << sweep.output();
  EXPECT_THAT(sweep.output(), AllOf(HasSubstr("interrupted"), Not(HasSubstr("Traceback"))));
  for (const pid_t rank : others) EXPECT_TRUE(ends(rank)) << "rank still runs: " << rank;
  EXPECT_THAT(left_in_shared_memory(), ::testing::IsEmpty());
}

TEST_F(PythonRanks, ThatNeverStartCostTheirStrategy) {
  const auto python =
      script("python", "#!/bin/sh\ncase $2 in *arbiter.rank*) exit 3;; *) exec " PYTHON3 " \"$@\";; esac\n");
  for (const char* tp_sizes : {"[2, 3]", "2"}) {
    const auto result = measure(sweep(tp_sizes, "X: " + in_python(python.string())));
    EXPECT_EQ(result.exit_code, 1) << result.output;
    EXPECT_EQ(count_of(result.output, "error: ranks in " + python.string()), 1U) << result.output;
    EXPECT_THAT(result.output, HasSubstr("the run continues without what needs it"));
    expect_rows(2, {"MPI", "ONESHOT"}, {});
    EXPECT_EQ(count_of(log(2), ", X: ranks in " + python.string() + " do not work"), 6U) << log(2);
    EXPECT_TRUE(fs::exists(out() / "summary.txt"));
  }
}

TEST_F(PythonRanks, ThatAnImportEndsCostTheirStrategy) {
  const auto adapter = write("leaves.py", "import os\nos._exit(5)\n");
  const auto result = measure(sweep("2", "X: " + in_python(venv("a"), ", when: made, adapter: " + adapter.string())));
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, HasSubstr("the run continues without what needs it"));
  expect_rows(2, {"MPI", "ONESHOT"}, {});
}

TEST_F(PythonRanks, OfSomebodyElsesMpirunStartTheirInterpreterThemselves) {
  const auto python = venv("a");
  const auto result = measure_under_mpirun(sweep("2", "X: " + in_python(python)));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  expect_rows(2, {"MPI", "ONESHOT"}, {"X"});
  EXPECT_THAT(trace(), ElementsAre("2 " + python));
}

TEST_F(PythonRanks, OfSomebodyElsesMpirunDoOnePartOnly) {
  const auto result = measure_under_mpirun(sweep("[2, 3]", "X: " + in_python(venv("a"))));
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("fresh ranks for each of its 2 parts"), HasSubstr("start runner without")));
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(PythonRanks, DoNotSeeTheCurrentFolderAsPython) {
  const auto folder = dir_ / "here";
  write("here/ctypes.py", "raise ImportError('the wrong one')\n");
  write("here/json.py", "raise ImportError('the wrong one')\n");
  const auto config = sweep("2", "X: " + in_python(venv("a")));
  const auto result = run(
      {"sh", "-c",
       "cd " + folder.string() + " && exec " RUNNER " --config " + config.string() + " --plugin_dir " PYTHON_SAMPLES});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  expect_rows(2, {"MPI", "ONESHOT"}, {"X"});
}

TEST_F(PythonRanks, AreNotStartedInWhatIsNoPython) {
  for (const auto& [python, why] : {std::pair{"no-such-python", "no-such-python, which is not in PATH"},
                                    {"/no/such/python", "/no/such/python, which does not exist"},
                                    {"/bin/false", "/bin/false, which is no Python that works"}}) {
    const auto config = sweep("2", "X: " + in_python(python));
    const auto result = measure(config);
    EXPECT_EQ(result.exit_code, 2) << result.output;
    EXPECT_THAT(result.output, AllOf(HasSubstr(config.string() + ":4:"), HasSubstr("strategies.X.python: found "),
                                     HasSubstr(why), HasSubstr("allowed: CPython 3.9 or newer")));
    EXPECT_EQ(count_of(result.output, "\n"), 1U) << result.output;
  }
}

TEST_F(PythonRanks, OfADefaultThatIsNotThereSkipTheStrategy) {
  const auto result = measure(sweep("2", "IN_PYTHON: "));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  expect_rows(2, {"MPI", "ONESHOT"}, {});
  EXPECT_EQ(count_of(log(2), "IN_PYTHON: it needs CPython 3.9 or newer; found python-that-nobody-has"), 6U) << log(2);
}

TEST_F(PythonRanks, AreShownByADryRun) {
  const auto python = venv("a");
  const auto result = measure(sweep("[2, 3]", "X: " + in_python(python)), {"--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("1. tp 2 in " + python), HasSubstr("MPI, X, ONESHOT"),
                                   HasSubstr("2. tp 3 in "), HasSubstr("3. tp 2, 3: the decision")));
}

TEST_F(PythonRanks, APlanSaysWhatAdaptersLackInTheirInterpreters) {
  const auto python = venv("a");
  const auto complete = write("complete.py", "class Adapter:\n    modules = ('json',)\n");
  const auto use = [&](const std::string& adapter, int id) {
    return "{strategy: PYTHON, python: " + python + ", adapter: " + adapter + ", table_id: " + std::to_string(id) + "}";
  };
  const auto config = sweep("2", "X: " + use("tensorrt_llm", 141) + ", Y: " + use(complete.string(), 142));
  const auto result = measure(config, {"--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("\n  missing on this machine for tensorrt_llm: torch, tensorrt_llm (X; "));
  EXPECT_EQ(count_of(result.output, "missing"), 1U) << result.output;
}

}  // namespace
}  // namespace arbiter::testing
