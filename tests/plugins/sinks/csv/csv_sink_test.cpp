// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "io/data_dir.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;

const Machine machine{"cpu", {{"cpu", "EPYC"}}};
const Problem tp4{4, DType::bfloat16, "NONE", 128, 1};

}  // namespace

TEST(CsvSink, WritesEachRowIntoTheFileOfItsTpSizeAsItIsMeasured) {
  DecisionsReport end{Dataset(machine)};
  const auto sink = load_plugin<Sink>(CSV_PLUGIN);
  sink->begin(end.run);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  sink->measured(decision_row(cell_of(128, 1), "MPI", 2.5));
  EXPECT_EQ(read_csv(end.run.output_dir / "benchmark.tp2.cpu.csv").dataset.rows().size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir / "benchmark.tp4.cpu.csv"));
  sink->measured(decision_row(tp4, "MPI", 3.5));
  sink->measured(failed_row(tp4, "ONESHOT"));
  auto suspect = decision_row(tp4, "TWOSHOT", 0.1);
  suspect.suspect = true;
  sink->measured(suspect);
  const Dataset data = read_data_dir(end.run.output_dir, "cpu").dataset;
  EXPECT_EQ(data.rows().size(), 4U);
  EXPECT_EQ(data.machine().facts, machine.facts);
  sink->write(end.report);
  const std::string out = end.run.output_dir.string();
  EXPECT_THAT(end.said, ElementsAre(out + "/benchmark.tp2.cpu.csv: 1 rows",
                                    out + "/benchmark.tp4.cpu.csv: 3 rows, 1 of them failed, 1 of them suspect"));
}

TEST(CsvSink, WritesTheHoldoutIntoFilesOfItsOwn) {
  DecisionsReport end{Dataset(machine)};
  const auto sink = load_plugin<Sink>(CSV_PLUGIN);
  sink->begin(end.run);
  sink->measured(decision_row(cell_of(128, 1), "MPI", 2.5));
  auto row = decision_row(cell_of(100, 3), "MPI", 3.5);
  row.holdout = true;
  sink->measured(row);
  const DataDirContents contents = read_data_dir(end.run.output_dir, "");
  ASSERT_EQ(contents.dataset.rows().size(), 1U);
  ASSERT_EQ(contents.holdout.rows().size(), 1U);
  EXPECT_EQ(contents.holdout.rows().front().problem, cell_of(100, 3));
  EXPECT_EQ(contents.holdout.machine().facts, machine.facts);
  sink->write(end.report);
  EXPECT_THAT(end.said, ElementsAre(end.run.output_dir.string() + "/benchmark.tp2.cpu.csv: 1 rows",
                                    end.run.output_dir.string() + "/benchmark.tp2.cpu.holdout.csv: 1 rows"));
}

TEST(CsvSink, LogsWhatWasSkippedAndWhyOneLineEach) {
  DecisionsReport end{Dataset(machine)};
  const auto sink = load_plugin<Sink>(CSV_PLUGIN);
  sink->begin(end.run);
  sink->skipped(cell_of(128, 1), "TWOSHOT", "fewer tokens\nthan ranks");
  sink->skipped(cell_of(128, 2), "ONESHOT", "wrong result");
  EXPECT_EQ(read_file(end.run.output_dir / "benchmark.tp2.cpu.log"),
            "tp 2, bfloat16, NONE, 1 tokens x 128, TWOSHOT: fewer tokens\\nthan ranks\n"
            "tp 2, bfloat16, NONE, 2 tokens x 128, ONESHOT: wrong result\n");
  sink->write(end.report);
  EXPECT_THAT(end.said, ElementsAre(end.run.output_dir.string() + "/benchmark.tp2.cpu.log: what was skipped"));
}

TEST(CsvSink, SetsAsideTheFilesOfAnEarlierRun) {
  DecisionsReport end{Dataset(machine)};
  for (int run = 0; run < 2; ++run) {
    const auto sink = load_plugin<Sink>(CSV_PLUGIN);
    sink->begin(end.run);
    sink->measured(decision_row(cell_of(128, 1), "MPI", 2.5));
    sink->skipped(cell_of(128, 1), "ONESHOT", "no");
  }
  EXPECT_TRUE(std::filesystem::exists(end.run.output_dir / "benchmark.tp2.cpu.csv.1"));
  EXPECT_TRUE(std::filesystem::exists(end.run.output_dir / "benchmark.tp2.cpu.log.1"));
}

TEST(CsvSink, GivesARunFromCsvsOneFormInAnotherFolder) {
  DecisionsReport end{Dataset(machine)};
  end.dataset.add(decision_row(cell_of(128, 1), "MPI", 2.5));
  end.dataset.add(decision_row(tp4, "MPI", 2.5));
  auto row = decision_row(cell_of(100, 3), "MPI", 2.5);
  row.holdout = true;
  end.holdout.add(row);
  end.run.measures = false;
  end.run.data_dir = end.dir.path() / "data";
  const auto sink = load_plugin<Sink>(CSV_PLUGIN);
  sink->begin(end.run);
  sink->write(end.report);
  EXPECT_EQ(read_data_dir(end.run.output_dir, "").dataset.rows().size(), 2U);
  EXPECT_EQ(read_data_dir(end.run.output_dir, "").holdout.rows().size(), 1U);
}

TEST(CsvSink, LeavesTheFolderAloneThatTheDataCameFrom) {
  DecisionsReport end{Dataset(machine)};
  end.dataset.add(decision_row(cell_of(128, 1), "MPI", 2.5));
  end.run.measures = false;
  std::filesystem::create_directories(end.run.output_dir);
  end.run.data_dir = end.run.output_dir / ".." / "out";
  const auto sink = load_plugin<Sink>(CSV_PLUGIN);
  sink->begin(end.run);
  sink->write(end.report);
  EXPECT_TRUE(std::filesystem::is_empty(end.run.output_dir));
}

TEST(CsvSink, NeedsAPlatformToNameFiles) {
  DecisionsReport end{Dataset{}};
  const auto sink = load_plugin<Sink>(CSV_PLUGIN);
  sink->begin(end.run);
  EXPECT_THROW(sink->measured(decision_row(cell_of(128, 1), "MPI", 2.5)), DataError);
}

TEST(CsvSink, CopiesTheRowsOfEverySettingAndTheRecordsOfTheirRuns) {
  DecisionsReport end{Dataset(machine)};
  Dataset all(machine);
  for (const Context context : {Context::isolated, Context::back_to_back}) {
    Measurement row = decision_row(cell_of(128, 1), "MPI", 2.5);
    row.setting = {"host", 1, "allreduce", false, context};
    row.run_id = "one";
    all.add(row);
  }
  end.dataset.add(all.rows().front());
  end.report.all_rows = &all;
  end.run.measures = false;
  end.run.data_dir = end.dir.path() / "data";
  end.run.runs = {{"one", "", ""}, {"lost", "", ""}};
  Provenance record;
  record.run_id = "one";
  write_provenance(end.run.data_dir, record);
  const auto sink = load_plugin<Sink>(CSV_PLUGIN);
  sink->begin(end.run);
  sink->write(end.report);
  const auto contents = read_data_dir(end.run.output_dir, "");
  EXPECT_EQ(contents.dataset.settings().size(), 2U);
  EXPECT_EQ(contents.runs.size(), 1U);
}

}  // namespace arbiter::test
