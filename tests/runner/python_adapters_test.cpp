// SPDX-License-Identifier: Apache-2.0
// Operations of a user's own Python in a run: the real runner, real interpreters, adapters that work and that break.
#include <algorithm>
#include <set>
#include <string>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "io/data_dir.hpp"
#include "io/provenance.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// One adapter that breaks in the way that its option says.
constexpr const char* breaks = R"(# SPDX-License-Identifier: Apache-2.0
import ctypes, os, sys, time
import numpy, arbiter

RANK = int(os.environ["OMPI_COMM_WORLD_RANK"])

class Adapter(arbiter.Adapter):
    def __init__(self, options):
        self.how = options["how"]
        if self.how == "no_options":
            raise ValueError("how: found no_options; allowed: others")
        if self.how == "elsewhere" and RANK == 1:
            import no_such_engine

    def supports(self, problem):
        if self.how == "never_answers":
            time.sleep(600)
        if self.how == "no_support" and problem.num_tokens > 1:
            return "one token only"

    def prepare(self, problem, group, device):
        if self.how == "prepare" and RANK == 1:
            raise RuntimeError("no workspace")

        def run(bindings, stream):
            if self.how == "run":
                raise ValueError("found three")
            if self.how == "exit":
                sys.exit(5)
            if self.how == "segfault" and RANK == 1:
                ctypes.string_at(0)
            if self.how == "hang":
                time.sleep(600)
            messages = group.all_gather(bindings.input.numpy().tobytes())
            total = sum(numpy.frombuffer(message, numpy.float32) for message in messages)
            if self.how == "wrong" and RANK == 1:
                total = total + 1
            bindings.tensors["reduced"].numpy()[:] = total.reshape(problem.shape)

        return run
)";

class PythonAdapters : public RunnerFixture {
 protected:
  void SetUp() override {
    if (std::string(PYTHON_WITH_NUMPY).empty()) GTEST_SKIP() << "no Python with NumPy (Debian: python3-numpy)";
    write("breaks.py", breaks);
  }

  /// A strategy of breaks.py.
  [[nodiscard]] std::string broken(const std::string& name, const std::string& how) const {
    return "  " + name +
           ": {strategy: PYTHON, python: " PYTHON_WITH_NUMPY ", adapter: " + (dir_ / "breaks.py").string() +
           ", options: [how=" + how + "]}\n";
  }

  [[nodiscard]] std::filesystem::path sweep(const std::string& strategies, const std::string& tp_sizes = "[2]") const {
    return write("sweep.yaml",
                 "backend: host\n"
                 "problems:\n"
                 "  tp_size: " +
                     tp_sizes +
                     "\n"
                     "  dtype: float32\n"
                     "  fusion: [NONE, RESIDUAL_RMS_NORM]\n"
                     "  hidden_size: [64]\n"
                     "  num_tokens: [1, 8]\n"
                     "strategies:\n"
                     "  MPI:\n" +
                     strategies +
                     "heuristics: [lut]\n"
                     "sinks: [csv, summary]\n"
                     "measurement: {time_target_ms: 5, min_samples: 3, min_sample_us: 20, timeout_ms: 2000}\n"
                     "output_dir: " +
                     out().string() + "\n");
  }

  [[nodiscard]] std::vector<Measurement> rows_of(const std::string& strategy) const {
    const Dataset dataset = read_data_dir(out(), "cpu").dataset;
    std::vector<Measurement> rows(dataset.rows().begin(), dataset.rows().end());
    std::erase_if(rows, [&](const Measurement& row) { return row.strategy != strategy; });
    return rows;
  }

  void expect_measured(const std::string& strategy, std::size_t count) const {
    const auto rows = rows_of(strategy);
    EXPECT_EQ(rows.size(), count) << strategy;
    for (const auto& row : rows) {
      EXPECT_TRUE(row.usable() && row.error <= 1.0) << strategy << ", " << to_string(row.problem) << ": " << row.reason;
    }
  }

  void expect_failed(const std::string& strategy, const std::string& reason) const {
    const auto rows = rows_of(strategy);
    EXPECT_FALSE(rows.empty()) << strategy;
    for (const auto& row : rows) EXPECT_TRUE(row.failed) << strategy << ", " << to_string(row.problem);
    EXPECT_THAT(read_file(out() / "benchmark.tp2.cpu.log"), HasSubstr(reason)) << strategy;
  }
};

TEST_F(PythonAdapters, AreMeasuredAndVerifiedBesideTheOthers) {
  const auto run = runner(
      {"--config", sweep("  NUMPY: {strategy: PYTHON, python: " PYTHON_WITH_NUMPY ", adapter: numpy}\n").string()});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  expect_measured("MPI", 4);
  expect_measured("NUMPY", 4);
  for (const auto& row : rows_of("NUMPY")) EXPECT_EQ(row.numerics, Numerics::fp32_rank_order);
  const auto runs = read_data_dir(out(), "cpu").runs;
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_THAT(read_file(out() / ("run." + runs.front().run_id + ".json")),
              AllOf(HasSubstr("\"NUMPY.numpy\": "), HasSubstr("\"NUMPY.python\": \"python 3.")));
}

TEST_F(PythonAdapters, CostTheirOwnCellsWhenTheyRaiseOrAreWrong) {
  const auto run =
      runner({"--config", sweep(broken("RAISES", "run") + broken("EXITS", "exit") + broken("IN_PREPARE", "prepare") +
                                broken("WRONG", "wrong") + broken("GOOD", "nothing"))
                              .string()});
  EXPECT_EQ(run.exit_code, 1) << run.output;
  expect_measured("MPI", 4);
  expect_measured("GOOD", 4);
  expect_failed("RAISES", "ValueError: found three (breaks.py, line 27)");
  expect_failed("EXITS", "SystemExit: 5 (breaks.py, line 29)");
  expect_failed("IN_PREPARE", "failed: rank 1: RuntimeError: no workspace (breaks.py, line 23)");
  expect_failed("WRONG", "ranks 0 and 1 hold different bits");
  EXPECT_THAT(run.output, HasSubstr("Traceback (most recent call last):"));
  EXPECT_THAT(run.output, Not(HasSubstr("new ranks continue")));
}

TEST_F(PythonAdapters, ThatCannotBeMadeOnARankAreSkippedWithTheReason) {
  const auto run = runner({"--config", sweep(broken("NO_OPTIONS", "no_options") + broken("ELSEWHERE", "elsewhere") +
                                             broken("ONE_TOKEN", "no_support"))
                                           .string()},
                          {"ARBITER_PATIENCE_S=20"});
  expect_measured("MPI", 4);
  expect_measured("ONE_TOKEN", 2);
  EXPECT_THAT(read_file(out() / "benchmark.tp2.cpu.log"),
              AllOf(HasSubstr("how: found no_options; allowed: others"), HasSubstr("No module named 'no_such_engine'"),
                    HasSubstr("one token only")))
      << run.output;
}

TEST_F(PythonAdapters, CostTheirOwnCellsWhenTheyCrashOrHang) {
  const auto run = runner(
      {"--config", sweep(broken("CRASHES", "segfault") + broken("HANGS", "hang") + broken("GOOD", "nothing")).string(),
       "--set", "problems.fusion=[NONE]", "--set", "problems.num_tokens=[8]"},
      {"ARBITER_PATIENCE_S=15"});
  EXPECT_EQ(run.exit_code, 1) << run.output;
  expect_measured("MPI", 1);
  expect_measured("GOOD", 1);
  expect_failed("CRASHES", "was killed by signal 11");
  expect_failed("HANGS", "no progress from the ranks");
}

TEST_F(PythonAdapters, ThatHangBeforeTheFirstCellCostTheirStrategies) {
  const auto run =
      runner({"--config", sweep(broken("NEVER_ANSWERS", "never_answers")).string()}, {"ARBITER_PATIENCE_S=15"});
  EXPECT_EQ(run.exit_code, 1) << run.output;
  expect_measured("MPI", 4);
  EXPECT_THAT(rows_of("NEVER_ANSWERS"), IsEmpty());
  EXPECT_THAT(run.output, HasSubstr("no progress from the ranks for 1"));
}

TEST_F(PythonAdapters, AreNotAmongAllStrategies) {
  const auto run = runner({"--config", sweep("").string(), "--set", "strategies=all", "--dry-run"});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, Not(HasSubstr("PYTHON")));
}

}  // namespace
}  // namespace arbiter::testing
