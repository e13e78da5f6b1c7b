// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <csignal>
#include <ostream>
#include <string>

#include <gmock/gmock.h>

#include "support/process.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

struct Fault {
  const char* kind;
  const char* name;
  const char* clause;  // the beginning of the clause that it violates
  const char* found;   // part of the message

  friend std::ostream& operator<<(std::ostream& out, const Fault& fault) {
    return out << fault.kind << ' ' << fault.name;
  }
};

Finished check(const std::string& kind, const std::string& fault, int ranks = 2) {
  const std::string sample = std::string(SAMPLES) + "/broken_" + kind + ".so";
  return run({RUNNER, "--check", sample, "--ranks", std::to_string(ranks), "--set", "fault=" + fault},
             {"ARBITER_CHECK_SECONDS=200"});
}

class BrokenPlugin : public ::testing::TestWithParam<Fault> {};

TEST_P(BrokenPlugin, IsToldWhichClauseItBreaks) {
  const auto& fault = GetParam();
  const auto result = check(fault.kind, fault.name);
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr(std::string("FAILED  ") + fault.clause), HasSubstr(fault.found)));
}

constexpr const char* sum_is_correct = "the sum is correct, on ragged shapes";
constexpr const char* leaks_nothing = "enqueue(), prepare() and destruction leak nothing";

INSTANTIATE_TEST_SUITE_P(
    Strategy, BrokenPlugin,
    ::testing::Values(
        Fault{"strategy", "skips_last", sum_is_correct, "1 tokens x 1: an output was not written"},
        Fault{"strategy", "rounds_by_rank", sum_is_correct, "ranks 0 and 1 hold different bits"},
        Fault{"strategy", "writes_behind", sum_is_correct, "wrote past the end of an output"},
        Fault{"strategy", "writes_before", sum_is_correct, "the memory before the output reduced was written to"},
        Fault{"strategy", "writes_input", sum_is_correct, "the message was written to"},
        Fault{"strategy", "drops_nan",
              "the sum is correct for NaN, infinities, zeros, subnormals and the largest values", "off by inf"},
        Fault{"strategy", "runs_once", "a prepared operation can run again, on other data",
              "an output was not written"},
        Fault{"strategy", "forgets_shape", "operations of different shapes can be prepared together", "off by inf"},
        Fault{"strategy", "does_not_wait", "it waits for a late rank", "hold different bits"},
        Fault{"strategy", "supports_by_rank", "supports() gives the same answer on every rank",
              "rank 0 says \"yes\", rank 1 \"no: rank 1 has no wish to\""},
        Fault{"strategy", "no_reason", "supports() gives the same answer on every rank",
              "2 tokens x 7: not supported, and no reason"},
        Fault{"strategy", "communicates", "supports() gives the same answer on every rank, without communicating",
              "supports() must not communicate"},
        Fault{"strategy", "supports_nothing", "it supports some problem", "it supports none"},
        Fault{"strategy", "refuses_late", "prepare() succeeds for every problem that it supports",
              "odd rows are beyond it"},
        Fault{"strategy", "throws_a_number", "prepare() succeeds for every problem that it supports",
              "no std::exception"},
        Fault{"strategy", "prepares_nothing", "prepare() succeeds for every problem that it supports",
              "it prepared nothing"},
        Fault{"strategy", "leaks_descriptor", leaks_nothing, "1 file descriptors leaked per round"},
        Fault{"strategy", "forks", leaks_nothing, "1 child processes leaked per round"},
        Fault{"strategy", "leaves_thread", leaks_nothing, "1 threads leaked per round"},
        Fault{"strategy", "crashes", sum_is_correct, "killed by signal 11"}));

INSTANTIATE_TEST_SUITE_P(
    Fusion, BrokenPlugin,
    ::testing::Values(
        Fault{"fusion", "no_output", "tensors() returns unique names, has an output", "it has no output"},
        Fault{"fusion", "same_names", "tensors() returns unique names", "the name \"unused\" is not unique"},
        Fault{"fusion", "no_reason", "supports() accepts some problem and gives a reason", "no reason given"},
        Fault{"fusion", "skips_last", "the epilogue matches the double-precision reference", ", expected "},
        Fault{"fusion", "drops_nan", "it matches for NaN", "row 0 (the sum has NaN), out[0]: found 0, expected NaN"},
        Fault{"fusion", "checks_nothing", "check_row() rejects a wrong output", "check_row() accepted it"},
        Fault{"fusion", "begins_into_output", "the epilogue writes its outputs only, and begin_row() none",
              "begin_row() wrote to the output out"},
        Fault{"fusion", "writes_behind", "the epilogue writes its outputs only", "wrote past the end of out"},
        Fault{"fusion", "writes_input", "the epilogue writes its outputs only", "wrote to the input unused"},
        Fault{"fusion", "remembers_rows", "rows depend neither on their order", "changes the result"},
        Fault{"fusion", "needs_own_carried", "finish_row() accepts a row of an output as `epilogue_state`",
              "changes the result"},
        Fault{"fusion", "is_not_reentrant", "threads can share an epilogue", "changes the result"}));

INSTANTIATE_TEST_SUITE_P(
    Heuristic, BrokenPlugin,
    ::testing::Values(Fault{"heuristic", "knows_measured_only", "select() returns a known strategy for every problem",
                            "select() returned \"\""},
                      Fault{"heuristic", "chooses_auto", "select() returns a known strategy for every problem",
                            "select() returned \"AUTO\""},
                      Fault{"heuristic", "chooses_failed",
                            "select() never returns a strategy that failed on the problem", "which failed there"},
                      Fault{"heuristic", "depends_on_order", "the same rows give the same decisions",
                            "for the rows in reverse order"},
                      Fault{"heuristic", "throws_no_error", "unusual data cause an Error",
                            "no rows: it threw something other than Error"},
                      Fault{"heuristic", "makes_nothing", "select() returns a known strategy for every problem",
                            "fit() made no selector"},
                      Fault{"heuristic", "another_name", "a selector has the name of its heuristic", "somebody"},
                      Fault{"heuristic", "no_report", "a selector has the name of its heuristic, and a report",
                            "report() is empty"}));

INSTANTIATE_TEST_SUITE_P(
    Sink, BrokenPlugin,
    ::testing::Values(
        Fault{"sink", "does_nothing", "a full run is written", "it wrote no file and printed nothing"},
        Fault{"sink", "writes_elsewhere", "a full run is written, below output_dir only", "outside of output_dir"},
        Fault{"sink", "writes_empty_files", "a full run is written", "empty file: rows.txt"},
        Fault{"sink", "needs_rows", "a run with little to write succeeds or causes an Error",
              "no rows: it threw something other than Error"},
        Fault{"sink", "fails_silently", "an output_dir that cannot be created causes an Error", "reported no error"},
        Fault{"sink", "leaks_descriptor", "it leaks nothing", "1 file descriptors leaked per round"}));

INSTANTIATE_TEST_SUITE_P(
    Backend, BrokenPlugin,
    ::testing::Values(
        Fault{"backend", "is_not_there", "available() says yes or gives a reason", "no such device"},
        Fault{"backend", "another_name", "available() says yes or gives a reason, and name() is", "name() is tpu"},
        Fault{"backend", "no_platform", "machine() names a platform", "is empty"},
        Fault{"backend", "copies_short", "copy_in(), copy_out() and fill() reach every byte", "changed when"},
        Fault{"backend", "fills_zeros", "copy_in(), copy_out() and fill() reach every byte", "not filled"},
        Fault{"backend", "throws_bad_alloc", "allocate() throws Error for more memory", "bad_alloc"},
        Fault{"backend", "runs_twice", "run() runs an operation once", "run() ran it 2 times"}));

class SoundPlugin : public ::testing::TestWithParam<const char*> {};

TEST_P(SoundPlugin, KeepsItsContract) {
  const auto result = check(GetParam(), "none");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("keeps its contract"), Not(HasSubstr("FAILED"))));
}

INSTANTIATE_TEST_SUITE_P(Kinds, SoundPlugin, ::testing::Values("strategy", "fusion", "heuristic", "sink", "backend"));

TEST(Check, EndsAPluginThatHangs) {
  const std::string sample = std::string(SAMPLES) + "/broken_strategy.so";
  const auto result =
      run({RUNNER, "--check", sample, "--ranks", "2", "--set", "fault=hangs"}, {"ARBITER_CHECK_SECONDS=10"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              ContainsRegex("FAILED  the sum is correct.*1 tokens x 1: still running after 10 s: slow, or "
                            "hung; ARBITER_CHECK_SECONDS=100 allows more"));
}

TEST(Check, LocatesAWrongValue) {
  EXPECT_THAT(check("fusion", "doubles").output,
              ContainsRegex(R"(tokens x 1, row 0, out\[0\]: found [-0-9.]+, expected [-0-9.]+ within [0-9.e-]+)"));
  EXPECT_THAT(check("strategy", "skips_last").output,
              ContainsRegex(R"(an output was not written; rank 0: row 0, reduced\[0\]: found NaN, expected )"));
}

// Three ranks: two messages have one sum, in every order and however often it is rounded.
TEST(Check, FindsMoreRoundingsThanAStrategyStates) {
  const auto per_hop = check("strategy", "rounds_per_hop", 3);
  EXPECT_EQ(per_hop.exit_code, 1);
  EXPECT_THAT(per_hop.output, ContainsRegex("FAILED  the sum is correct, on ragged shapes.* times the allowed error.*"
                                            "numerics\\(\\) states fp32_rank_order, which allows no larger error"));
}

TEST(Check, FindsAnotherOrderOfAdditionsThanAStrategyStates) {
  const auto backwards = check("strategy", "adds_backwards", 3);
  EXPECT_EQ(backwards.exit_code, 1);
  EXPECT_THAT(backwards.output, ContainsRegex("ok      the sum is correct, on ragged shapes"));
  EXPECT_THAT(backwards.output,
              ContainsRegex("FAILED  the sum has the bits of fp32 additions in rank order, as numerics\\(\\) states.*"
                            "tp 3.*element [0-9]+: found [-0-9.e]+, in rank order it is [-0-9.e]+"));
}

TEST(Check, DoesNotAskForTheBitsOfANumericsThatLeavesThemOpen) {
  const auto result = check("strategy", "none");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, Not(HasSubstr("rank order")));
}

TEST(Check, DoesNotGuessWhereAFusionFoundAWrongValue) {
  EXPECT_THAT(check("fusion", "judges_itself").output,
              HasSubstr("tokens x 1, row 0: off by 7 times the allowed error"));
}

TEST(Check, ShowsTheErrorOfARankAndNotTheTimeoutsOfItsPeers) {
  const auto result = check("strategy", "throws_on_rank_1");
  EXPECT_THAT(result.output, AllOf(HasSubstr("rank 1: boom"), Not(HasSubstr("waited"))));
}

TEST(Check, DoesNotTestWhatDependsOnAViolatedClause) {
  const auto failed = [](const Finished& result) {
    std::size_t count = 0;
    for (auto at = result.output.find("FAILED"); at != std::string::npos; at = result.output.find("FAILED", at + 1)) {
      ++count;
    }
    return count;
  };
  const auto heuristic = check("heuristic", "table_fault");
  EXPECT_EQ(failed(heuristic), 1U) << heuristic.output;
  EXPECT_THAT(heuristic.output, AllOf(HasSubstr("it has no fallback"),
                                      HasSubstr("-       threads can share a selector (not tested: see above)")));
  const auto strategy = check("strategy", "rounds_by_rank");
  EXPECT_THAT(strategy.output, HasSubstr("-       the results of every fusion are correct (not tested: see above)"));
  const auto fusion = check("fusion", "doubles");
  EXPECT_EQ(failed(fusion), 1U) << fusion.output;
}

TEST(Check, NamesNoClauseWhenItIsInterrupted) {
  const std::string sample = std::string(SAMPLES) + "/broken_strategy.so";
  Process process({RUNNER, "--check", sample, "--ranks", "2", "--set", "fault=hangs"});
  ASSERT_TRUE(process.wait_for_output("ok      prepare() succeeds", std::chrono::seconds(60))) << process.output();
  ::kill(process.pid(), SIGINT);
  EXPECT_EQ(process.wait(std::chrono::seconds(20)), 1);
  EXPECT_THAT(process.output(), AllOf(HasSubstr("interrupted"), Not(HasSubstr("FAILED"))));
}

TEST(Check, NamesAParameterThatIsNotThere) {
  const std::string sample = std::string(SAMPLES) + "/broken_sink.so";
  const auto result = run({RUNNER, "--check", sample, "--ranks", "2", "--set", "falt=none"});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("broken has no parameter falt; did you mean fault?"));
  EXPECT_THAT(result.output, Not(HasSubstr("FAILED")));
}

TEST(Check, SaysWhyAFileIsNoPlugin) {
  const auto result = run({RUNNER, "--check", RUNNER, "--ranks", "2"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("FAILED  it loads"));
}

TEST(Check, RefusesAFileThatIsNotThere) {
  const auto result = run({RUNNER, "--check", "absent.so"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("--check: found absent.so; allowed: a plugin's .so file"));
}

}  // namespace
}  // namespace arbiter::testing
