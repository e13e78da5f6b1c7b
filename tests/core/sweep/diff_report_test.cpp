// SPDX-License-Identifier: Apache-2.0
#include "sweep/diff_report.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/decisions_data.hpp"
#include "sweep/diff_run.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Reading timed(double time_us) { return {false, false, time_us, time_us - 0.01, time_us + 0.01}; }

PointKey key(const std::string& strategy, std::int64_t hidden_size, std::int64_t tokens) {
  const Problem problem = cell_of(hidden_size, tokens);
  return {.problem = problem, .strategy = strategy, .bytes = problem.message_bytes()};
}

Comparison sample() {
  return compare({{key("A", 1024, 1), timed(10)},
                  {key("A", 1024, 32), timed(10)},
                  {key("A", 1024, 33), timed(10)},
                  {key("B", 1024, 16384), timed(40)},
                  {key("B", 1024, 1), timed(1)},
                  {key("GONE", 1024, 1), timed(1)}},
                 {{key("A", 1024, 1), timed(12)},
                  {key("A", 1024, 32), timed(10)},
                  {key("A", 1024, 33), timed(8)},
                  {key("B", 1024, 16384), {.failed = true}},
                  {key("B", 1024, 1), timed(1)}},
                 0.05);
}

DiffSide side(const std::string& name, std::vector<Provenance> runs, const std::string& driver) {
  DiffSide result{name, {}};
  result.contents.dataset = Dataset({"sm90", {{"driver", driver}}});
  result.contents.runs = std::move(runs);
  return result;
}

Provenance run_of(const std::string& id, const std::string& driver, const std::string& hash) {
  Provenance run;
  run.run_id = id;
  run.date = "2026-11-28T03:13:57Z";
  run.version = "0.2.0";
  run.config_source = "h200.yaml";
  run.config_hash = hash;
  run.machine = {"sm90", {{"driver", driver}, {"nccl", "2.28.3"}}};
  return run;
}

}  // namespace

TEST(DiffReport, TheVerdictIsOneLineWithTheWorstCell) {
  EXPECT_EQ(verdict_line(sample()),
            "2 of 5 cells slower by more than 5 % (1 newly failing), 1 faster; worst B, tp 2, bfloat16, NONE, 16384 "
            "tokens x 1024, context back_to_back: 40 us -> failed");
  const Comparison slower =
      compare({{key("NCCL", 4096, 64), timed(12.1)}}, {{key("NCCL", 4096, 64), timed(14.0)}}, 0.005);
  EXPECT_EQ(verdict_line(slower),
            "1 of 1 cells slower by more than 0.5 %, 0 faster; worst NCCL, tp 2, bfloat16, NONE, 64 tokens x 4096, "
            "context back_to_back: 12.1 -> 14 us (+15.7 %)");
  EXPECT_EQ(verdict_line(judged_by(slower, 0.2)), "0 of 1 cells slower by more than 20 %, 0 faster");
}

TEST(DiffReport, TheTableHasALinePerStrategyAndFusionAndAColumnPerBandOfSizes) {
  const auto lines = change_table(sample());
  EXPECT_THAT(lines, Contains("allreduce, context back_to_back; tp 2, bfloat16"));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  A         NONE"), HasSubstr("  +9.5 %, 1/0  -20.0 %, 0/1 "),
                                    HasSubstr(" -1.4 %, 1/1"))))
      << ::testing::PrintToString(lines);
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  B         NONE"), HasSubstr("+0.0 %, 0/0"), HasSubstr("-, 1/0"))));
}

TEST(DiffReport, NamesTheCellsThatChangedAndThoseOfOneSide) {
  const auto lines = change_lines(sample());
  EXPECT_THAT(
      lines,
      ElementsAre(
          "now fails (1):", "  B, tp 2, bfloat16, NONE, 16384 tokens x 1024, context back_to_back: 40 us -> failed",
          "slower (1):", "  A, tp 2, bfloat16, NONE, 1 tokens x 1024, context back_to_back: 10 -> 12 us (+20.0 %)",
          "faster (1):", "  A, tp 2, bfloat16, NONE, 33 tokens x 1024, context back_to_back: 10 -> 8 us (-20.0 %)",
          "only before, not compared (1):", "  GONE, tp 2, allreduce, context back_to_back: 1 (NONE)"));
}

TEST(DiffReport, SaysThatCellsHaveNoInterval) {
  const Comparison foreign =
      compare({{key("A", 128, 1), {.time_us = 5.0}}}, {{key("A", 128, 1), {.time_us = 5.0}}}, 0.05);
  EXPECT_THAT(change_lines(foreign),
              ElementsAre("1 cells have no interval on a side: what differs there by more than 5 % may be noise"));
  EXPECT_THAT(change_lines(sample()), Not(Contains(HasSubstr("no interval"))));
}

TEST(DiffReport, NamesWhatDiffersInTheRecordsOfTheRuns) {
  const auto lines = provenance_lines(side("old", {run_of("one", "580.1", "c1")}, ""),
                                      side("new", {run_of("two", "590.2", "c2")}, ""));
  EXPECT_THAT(lines, ElementsAre("before: old: 0 rows, run one of 2026-11-28T03:13:57Z, Arbiter 0.2.0",
                                 "after: new: 0 rows, run two of 2026-11-28T03:13:57Z, Arbiter 0.2.0",
                                 "differs (before / after): driver: 580.1 / 590.2",
                                 "differs (before / after): configuration: h200.yaml c1 / h200.yaml c2"));
  EXPECT_THAT(provenance_lines(side("old", {run_of("one", "1", "c")}, ""), side("new", {run_of("two", "1", "c")}, "")),
              Contains("no difference is known but of the times"));
}

TEST(DiffReport, WithoutARecordTheMachineFilesAreCompared) {
  const auto lines = provenance_lines(side("old", {}, "580.1"), side("new", {run_of("two", "590.2", "c2")}, "590.2"));
  EXPECT_THAT(lines, AllOf(Contains("before: old: 0 rows, no record of a run"),
                           Contains(HasSubstr("only what the machine files say is compared")),
                           Contains("differs (before / after): driver: 580.1 / 590.2")));
}

TEST(DiffReport, TheCsvHasEveryPointOfEitherSide) {
  const auto text = diff_csv(sample());
  EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 5 + 1);
  EXPECT_THAT(text, AllOf(HasSubstr("\n2,bfloat16,2048,1,1024,A,NONE,allreduce,,1,false,back_to_back,10.000,9.990,"
                                    "10.010,12.000,11.990,12.010,20.00,slower\n"),
                          HasSubstr(",40.000,39.990,40.010,,,,,now fails\n"),
                          HasSubstr("\n2,bfloat16,2048,1,1024,GONE,NONE,allreduce,,1,false,back_to_back,,,,,,,,only "
                                    "before\n")));
  for (std::size_t at = 0, line = 0; line < 7; ++line) {
    const auto end = text.find('\n', at);
    EXPECT_EQ(std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                         text.begin() + static_cast<std::ptrdiff_t>(end), ','),
              19)
        << "line " << line;
    at = end + 1;
  }
}

TEST(DiffReport, NamesTheMostCostlyChangeOfTheBestStrategy) {
  const Readings before = {{key("A", 128, 1), timed(10)}, {key("B", 128, 1), timed(12)}};
  const Readings after = {{key("A", 128, 1), timed(15)}, {key("B", 128, 1), timed(12)}};
  EXPECT_EQ(winner_line(compare(before, before, 0.05)), "the best strategy changed beyond noise in 0 of 1 problems");
  EXPECT_EQ(
      winner_line(compare(before, after, 0.05)),
      "the best strategy changed beyond noise in 1 of 1 problems; most costly A, tp 2, bfloat16, NONE, 1 tokens x "
      "128, context back_to_back: now B, A takes 25.0 % more");
  EXPECT_THAT(winner_line(compare(before, {{key("A", 128, 1), {.failed = true}}, {key("B", 128, 1), timed(12)}}, 0.05)),
              HasSubstr("now B, A is not usable"));
}

TEST(ParsePercent, ReadsTheFormsThatAreWritten) {
  EXPECT_DOUBLE_EQ(parse_percent("--fail-on", "5%"), 0.05);
  EXPECT_DOUBLE_EQ(parse_percent("--fail-on", "0.5 %"), 0.005);
  EXPECT_DOUBLE_EQ(parse_percent("--fail-on", "12"), 0.12);
  EXPECT_DOUBLE_EQ(parse_percent("--fail-on", "0"), 0.0);
  for (const char* text : {"", "%", "five", "5%%", "-1%", "nan", "inf", "1001", "5 percent", "5,5%", " 5%"}) {
    EXPECT_THROW(static_cast<void>(parse_percent("--fail-on", text)), ConfigError) << text;
  }
}

}  // namespace arbiter::test
