// SPDX-License-Identifier: Apache-2.0
#include "sweep/result_collector.hpp"

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "support/decisions_data.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ResultCollectorTest : public ::testing::Test {
 protected:
  ResultCollectorTest() {
    plugins_.load_dir(BUILT_PLUGINS);
    plugins_.load_dir(SAMPLES);
  }

  /// `sinks` as YAML; a run that starts from CSVs, unless it measures.
  ResultCollector& collect(const std::string& sinks, Dataset dataset = {}, Dataset holdout = {},
                           const std::string& more = "heuristics: [lut]\n") {
    const ConfigText text(
        "backend: host\n"
        "problems: {tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}\n"
        "measurement: {context: [back_to_back]}\n"
        "strategies: {COPIES: , OTHER: {strategy: COPIES, table_id: 121}}\n" +
            more + "sinks: " + sinks + "\n",
        "collect.yaml");
    config_ = text.validate(plugins_);
    RunInfo run;
    run.output_dir = dir_.path() / "out";
    run.machine.platform = "cpu";
    run.measures = measures_;
    collector_ = std::make_unique<ResultCollector>(config_, plugins_, run, std::move(dataset), std::move(holdout));
    return *collector_;
  }

  [[nodiscard]] std::string calls(const std::string& name) const {
    return read_file(dir_.path() / "out" / (name + ".calls"));
  }

  static Measurement row(const std::string& strategy, double time_us) {
    Measurement made = decision_row(cell_of(64, 1), strategy, time_us);
    made.setting.backend = "host";
    return made;
  }
  static Measurement failed(const std::string& strategy, const std::string& reason) {
    Measurement made = row(strategy, Measurement::none);
    made.failed = true;
    made.reason = reason;
    return made;
  }

  template <class Step>
  static std::string said_by(const Step& step) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    step();
    const std::string said = ::testing::internal::GetCapturedStdout();
    return said + ::testing::internal::GetCapturedStderr();
  }

  TempDir dir_;
  PluginHost plugins_;
  Config config_;
  std::unique_ptr<ResultCollector> collector_;
  bool measures_ = false;
};

TEST_F(ResultCollectorTest, TellsEverySinkEverythingInOrder) {
  auto& collector = collect("{a: {sink: tells, name: a}, b: {sink: tells, name: b}}");
  Measurement held = row("COPIES", 4.0);
  held.holdout = true;
  const auto said = said_by([&] {
    collector.probed(MachineProbe(2));
    collector.skip({{cell_of(64, 1), "*", "too large"}});
    collector.record({row("COPIES", 2.0), failed("OTHER", "rank 0: wrong"), held});
    collector.decide();
    collector.write_report(dir_.path() / "out");
  });
  for (const char* name : {"a", "b"}) {
    EXPECT_EQ(calls(name),
              "begin\nprobed\nskipped *: too large\nmeasured COPIES\nmeasured OTHER\nskipped OTHER: failed: rank 0: "
              "wrong\nmeasured COPIES\nwrite 2 rows, 1 of the holdout, of 3; table id of OTHER 121\n");
  }
  EXPECT_THAT(said,
              AllOf(HasSubstr("tp 2: nothing was probed\n"),
                    HasSubstr("error: tp 2, bfloat16, NONE, 1 tokens x 64, OTHER, context back_to_back: rank 0: "
                              "wrong\n"),
                    HasSubstr("decisions, tables and pictures are of host, allreduce, eager, context "
                              "back_to_back\n"),
                    HasSubstr("the report\n"), HasSubstr("1 cells failed; the .log files beside the CSVs say why")));
  EXPECT_EQ(collector.exit_code(), ExitCode::failed);
  EXPECT_FALSE(collector.rows_are_lost());
  EXPECT_EQ(collector.decided_by().rows().size(), 2U);
  ASSERT_EQ(collector.decision().selectors.size(), 1U);
  EXPECT_EQ(collector.decision().selectors.front()->select(cell_of(64, 1)), "COPIES");
}

TEST_F(ResultCollectorTest, IsDoneWhenNothingFailed) {
  auto& collector = collect("{a: {sink: tells, name: a}}");
  const auto said = said_by([&] {
    collector.record({row("COPIES", 2.0)});
    collector.decide();
    collector.write_report(dir_.path() / "out");
  });
  EXPECT_EQ(collector.exit_code(), ExitCode::done);
  EXPECT_THAT(said, AllOf(Not(HasSubstr("error")), Not(HasSubstr("failed"))));
}

TEST_F(ResultCollectorTest, RowsOfEarlierRanksAreTakenWithoutAWord) {
  auto& collector = collect("{a: {sink: tells, name: a}}");
  EXPECT_THAT(said_by([&] { collector.replay({row("COPIES", 2.0), failed("OTHER", "rank 0: wrong")}); }), IsEmpty());
  EXPECT_EQ(calls("a"), "begin\nmeasured COPIES\nmeasured OTHER\nskipped OTHER: failed: rank 0: wrong\n");
  EXPECT_EQ(collector.exit_code(), ExitCode::failed);
}

TEST_F(ResultCollectorTest, ASuspectRowIsAWarningAndNoFailure) {
  auto& collector = collect("{a: {sink: tells, name: a}}");
  Measurement suspect = row("COPIES", 2.0);
  suspect.suspect = true;
  suspect.reason = "too fast";
  EXPECT_EQ(said_by([&] { collector.record({suspect}); }),
            "warning: suspect: tp 2, bfloat16, NONE, 1 tokens x 64, COPIES, context back_to_back: too fast\n");
  EXPECT_EQ(calls("a"), "begin\nmeasured COPIES\n");
  EXPECT_EQ(collector.exit_code(), ExitCode::done);
}

TEST_F(ResultCollectorTest, ProbesThatFailedAreWarnings) {
  auto& collector = collect("{a: {sink: tells, name: a}}");
  MachineProbe probe(2);
  probe.add({{.kind = ProbeKind::launch}, 10.0, {}});
  probe.add({{.kind = ProbeKind::push}, Measurement::none, "rank 1: cut"});
  EXPECT_EQ(said_by([&] { collector.probed(probe); }),
            "tp 2: an operation starts in 10 us\nwarning: tp 2, kind push: rank 1: cut\n");
}

TEST_F(ResultCollectorTest, DecidesByRowsThatWereThereBefore) {
  Dataset before;
  before.add(row("OTHER", 1.0));
  Dataset held;
  held.add(row("OTHER", 1.0));
  auto& collector = collect("{a: {sink: tells, name: a}}", before, held);
  static_cast<void>(said_by([&] {
    collector.record({row("COPIES", 2.0)});
    collector.decide();
    collector.write_report(dir_.path() / "out");
  }));
  EXPECT_EQ(calls("a"), "begin\nmeasured COPIES\nwrite 2 rows, 1 of the holdout, of 3; table id of OTHER 121\n");
}

TEST_F(ResultCollectorTest, ASinkThatFailsIsNotCalledAgainAndTheOthersGoOn) {
  auto& collector = collect("{a: {sink: tells, name: a, fails_in: measured}, b: {sink: tells, name: b}}");
  const auto said = said_by([&] {
    collector.record({row("COPIES", 2.0), row("OTHER", 3.0)});
    collector.skip({{cell_of(64, 1), "*", "too large"}});
  });
  EXPECT_EQ(said, "error: sink a: no room for measured\n");
  EXPECT_EQ(calls("a"), "begin\n");
  EXPECT_EQ(calls("b"), "begin\nmeasured COPIES\nmeasured OTHER\nskipped *: too large\n");
  EXPECT_EQ(collector.exit_code(), ExitCode::failed);
  EXPECT_FALSE(collector.rows_are_lost());
}

TEST_F(ResultCollectorTest, ASinkOfTheConfigurationThatCannotBeMadeEndsTheRun) {
  EXPECT_THROW(static_cast<void>(collect("{a: {sink: tells, fails_in: making}}")), PluginError);
}

TEST_F(ResultCollectorTest, ARunThatMeasuresStoresItsRowsWhateverTheConfigurationSays) {
  measures_ = true;
  auto& measuring = collect("{a: {sink: tells, name: a}}");
  static_cast<void>(said_by([&] { measuring.record({row("COPIES", 2.0)}); }));
  EXPECT_TRUE(std::filesystem::exists(dir_.path() / "out" / "benchmark.tp2.cpu.csv"));
}

TEST_F(ResultCollectorTest, ARunFromCsvsStoresNoneUnlessItIsTold) {
  auto& reading = collect("{a: {sink: tells, name: a}}");
  static_cast<void>(said_by([&] { reading.record({row("COPIES", 2.0)}); }));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "out" / "benchmark.tp2.cpu.csv"));
}

TEST_F(ResultCollectorTest, RowsAreLostOnceTheSinkThatStoresThemFails) {
  measures_ = true;
  dir_.write("out", "a file where the folder should be");
  std::unique_ptr<ResultCollector> made;
  const auto said = said_by([&] {
    auto& collector = collect("{csv: , summary: }");
    collector.record({row("COPIES", 2.0)});
  });
  EXPECT_TRUE(collector_->rows_are_lost()) << said;
  EXPECT_EQ(collector_->exit_code(), ExitCode::failed);
  EXPECT_THAT(said, HasSubstr("error: sink csv: "));
}

TEST_F(ResultCollectorTest, AHeuristicThatFailsFailsTheRun) {
  auto& collector = collect("{a: {sink: tells, name: a}}");
  const auto said = said_by([&] {
    collector.record({failed("COPIES", "rank 0: wrong")});
    collector.decide();
  });
  EXPECT_THAT(said, HasSubstr("error: heuristic lut: lut: no measurement to decide from"));
  EXPECT_TRUE(collector.decision().any_failed);
}

}  // namespace
}  // namespace arbiter::test
