#include <ostream>
#include <string>

#include <gmock/gmock.h>

#include "support/process.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Fault {
  const char* kind;
  const char* name;
  const char* clause;  // the words of the contract that it breaks
  const char* found;   // what is said of it

  friend std::ostream& operator<<(std::ostream& out, const Fault& fault) {
    return out << fault.kind << ' ' << fault.name;
  }
};

Finished check(const std::string& kind, const std::string& fault) {
  const std::string sample = std::string(SAMPLES) + "/broken_" + kind + ".so";
  return run({RUNNER, "--check", sample, "--ranks", "2", "--set", "fault=" + fault}, {"ARBITER_CHECK_SECONDS=20"});
}

class BrokenPlugin : public ::testing::TestWithParam<Fault> {};

TEST_P(BrokenPlugin, IsToldWhichClauseItBreaks) {
  const auto& fault = GetParam();
  const auto result = check(fault.kind, fault.name);
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr(std::string("FAILED  ") + fault.clause), HasSubstr(fault.found)));
}

constexpr const char* sum_is_right = "every element of a sum is right, on ragged shapes";
constexpr const char* nothing_left = "enqueue(), prepare() and its destruction leave nothing behind";

INSTANTIATE_TEST_SUITE_P(
    Strategy, BrokenPlugin,
    ::testing::Values(
        Fault{"strategy", "skips_last", sum_is_right, "1 tokens x 1: the result is off by inf times"},
        Fault{"strategy", "rounds_by_rank", sum_is_right, "ranks 0 and 1 hold different bits"},
        Fault{"strategy", "writes_behind", sum_is_right, "wrote behind the end of an output"},
        Fault{"strategy", "writes_input", sum_is_right, "the message was written to"},
        Fault{"strategy", "drops_nan", "NaN, infinities, zeros, subnormals and the largest values come out",
              "off by inf"},
        Fault{"strategy", "runs_once", "a prepared operation can be run again, on other data", "off by inf"},
        Fault{"strategy", "forgets_shape", "operations of different shapes, prepared side by side", "off by inf"},
        Fault{"strategy", "does_not_wait", "a rank that comes late is waited for", "hold different bits"},
        Fault{"strategy", "supports_by_rank", "supports() says the same on every rank",
              "rank 0 says \"yes\", rank 1 \"no: rank 1 has no wish to\""},
        Fault{"strategy", "no_reason", "supports() says the same on every rank",
              "2 tokens x 7: not supported, and no reason"},
        Fault{"strategy", "communicates", "supports() says the same on every rank, without communicating",
              "supports() must not communicate"},
        Fault{"strategy", "supports_nothing", "it supports some problem", "it supports none"},
        Fault{"strategy", "refuses_late", "what it supports, it prepares", "odd rows are beyond it"},
        Fault{"strategy", "throws_a_number", "what it supports, it prepares", "no std::exception"},
        Fault{"strategy", "prepares_nothing", "what it supports, it prepares", "it prepared nothing"},
        Fault{"strategy", "leaks_descriptor", nothing_left, "leaves 1 file descriptors a round"},
        Fault{"strategy", "crashes", sum_is_right, "ended by signal 11"}));

INSTANTIATE_TEST_SUITE_P(
    Fusion, BrokenPlugin,
    ::testing::Values(
        Fault{"fusion", "no_output", "tensors() names each tensor, has an output", "it has no output"},
        Fault{"fusion", "same_names", "tensors() names each tensor", "the name \"unused\" is not unique"},
        Fault{"fusion", "no_reason", "supports() admits some problem, and gives a reason", "no reason given"},
        Fault{"fusion", "skips_last", "the epilogue agrees with the double-precision reference", "times the allowed"},
        Fault{"fusion", "drops_nan", "it does so for NaN", "row 0: off by inf"},
        Fault{"fusion", "checks_nothing", "check_row() notices an output that is wrong", "check_row() passed it"},
        Fault{"fusion", "begins_into_output", "it writes its own outputs only, begin_row() none",
              "begin_row() wrote to the output out"},
        Fault{"fusion", "writes_behind", "it writes its own outputs only", "wrote behind the end of out"},
        Fault{"fusion", "writes_input", "it writes its own outputs only", "wrote to the input unused"},
        Fault{"fusion", "remembers_rows", "rows do not depend on each other", "gives other bits"},
        Fault{"fusion", "needs_own_carried", "finish_row() may get a row of an output as `epilogue_state`",
              "gives other bits"},
        Fault{"fusion", "is_not_reentrant", "threads may share an epilogue", "gives other bits"}));

INSTANTIATE_TEST_SUITE_P(
    Heuristic, BrokenPlugin,
    ::testing::Values(
        Fault{"heuristic", "knows_measured_only", "every problem gets a strategy", "it chose \"\""},
        Fault{"heuristic", "chooses_auto", "every problem gets a strategy", "it chose \"AUTO\""},
        Fault{"heuristic", "chooses_failed", "what failed on a problem, and AUTO, is not chosen for it",
              "which failed there"},
        Fault{"heuristic", "depends_on_order", "the same data give the same decisions", "with the rows backwards"},
        Fault{"heuristic", "throws_no_error", "odd data end in an Error", "no rows: it threw no Error"},
        Fault{"heuristic", "makes_nothing", "every problem gets a strategy", "fit() made no selector"},
        Fault{"heuristic", "another_name", "a selector has its heuristic's name", "somebody"},
        Fault{"heuristic", "no_report", "a selector has its heuristic's name, and a report", "its report is empty"}));

INSTANTIATE_TEST_SUITE_P(
    Sink, BrokenPlugin,
    ::testing::Values(
        Fault{"sink", "does_nothing", "a whole run is written", "it wrote no file and said nothing"},
        Fault{"sink", "writes_elsewhere", "a whole run is written, below output_dir only", "outside of output_dir"},
        Fault{"sink", "writes_empty_files", "a whole run is written", "empty file: rows.txt"},
        Fault{"sink", "needs_rows", "runs that have little to write do not end it", "no rows: it threw no Error"},
        Fault{"sink", "fails_silently", "an output_dir that cannot be made ends in an error", "did not say so"},
        Fault{"sink", "leaks_descriptor", "it leaves nothing behind", "1 file descriptors a round"}));

INSTANTIATE_TEST_SUITE_P(
    Backend, BrokenPlugin,
    ::testing::Values(Fault{"backend", "is_not_there", "it can be used here, or says why not", "no such device"},
                      Fault{"backend", "another_name", "it can be used here, or says why not, and has the name",
                            "it calls itself tpu"},
                      Fault{"backend", "no_platform", "it says what machine this is", "is empty"},
                      Fault{"backend", "copies_short", "what is copied in comes out", "are others"},
                      Fault{"backend", "fills_zeros", "what is copied in comes out, and fill() fills", "not filled"},
                      Fault{"backend", "throws_bad_alloc", "memory it does not have is refused", "bad_alloc"},
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
      run({RUNNER, "--check", sample, "--ranks", "2", "--set", "fault=hangs"}, {"ARBITER_CHECK_SECONDS=1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("no end after 1 s"), HasSubstr("1 tokens x 1")));
}

TEST(Check, NamesAParameterThatIsNotThere) {
  const std::string sample = std::string(SAMPLES) + "/broken_sink.so";
  const auto result = run({RUNNER, "--check", sample, "--ranks", "2", "--set", "falt=none"});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("broken has no parameter falt; did you mean fault?"));
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
