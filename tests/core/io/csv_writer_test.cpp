// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/csv.hpp"
#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "arbiter/machine_probe.hpp"
#include "arbiter/regret.hpp"
#include "io/csv_files.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

Measurement full_row() {
  Measurement row = decision_row({4, DType::float16, "RESIDUAL_RMS_NORM", 2880, 7}, "ONESHOT", 12.345);
  row.setting.backend = "cuda";
  row.setting.graph = true;
  row.setting.hosts = 2;
  row.setting.context = Context::engine;
  row.numerics = Numerics::fp32_rank_order;
  row.iterations_per_sample = 20;
  row.tensor_sets = 3;
  row.samples = 11;
  row.min_us = 12.001;
  row.p95_us = 13.9;
  row.ci_low_us = 12.3;
  row.ci_high_us = 12.4;
  row.error = 0.1234567890123;
  row.lower_bound_us = 8.5;
  row.run_id = "20261128-031357-1a2b";
  return row;
}

}  // namespace

TEST(CsvWriter, WritesTheDocumentedColumns) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "new" / "benchmark.tp4.sm90.csv");
  writer.append(full_row());
  EXPECT_EQ(read_file(writer.file()),
            "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us),"
            "backend,hosts,graph,context,numerics,status,iterations_per_sample,tensor_sets,samples,min_of_means (us),"
            "p95_of_means (us),ci_low (us),ci_high (us),error,lower_bound (us),run_id,schema\n"
            "4,float16,40320,7,2880,ONESHOT,RESIDUAL_RMS_NORM,allreduce,12.345,"
            "cuda,2,true,engine,fp32_rank_order,ok,20,3,11,12.001,13.9,12.3,"
            "12.4,0.1234567890123,8.5,20261128-031357-1a2b,3\n");
}

TEST(CsvWriter, WhatItWritesReadsBackEqual) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  writer.append(full_row());
  const Dataset data = read_csv(writer.file()).dataset;
  ASSERT_EQ(data.rows().size(), 1U);
  const Measurement& row = data.rows().front();
  const Measurement expected = full_row();
  EXPECT_EQ(row.problem, expected.problem);
  EXPECT_EQ(row.strategy, expected.strategy);
  EXPECT_EQ(row.time_us, expected.time_us);
  EXPECT_EQ(row.setting.backend, expected.setting.backend);
  EXPECT_EQ(row.setting.graph, expected.setting.graph);
  EXPECT_EQ(row.setting, expected.setting);
  EXPECT_EQ(row.numerics, expected.numerics);
  EXPECT_EQ(row.tensor_sets, expected.tensor_sets);
  EXPECT_EQ(row.run_id, expected.run_id);
  EXPECT_EQ(row.iterations_per_sample, expected.iterations_per_sample);
  EXPECT_EQ(row.samples, expected.samples);
  EXPECT_EQ(row.min_us, expected.min_us);
  EXPECT_EQ(row.p95_us, expected.p95_us);
  EXPECT_EQ(row.ci_low_us, expected.ci_low_us);
  EXPECT_EQ(row.ci_high_us, expected.ci_high_us);
  EXPECT_EQ(row.error, expected.error);
  EXPECT_EQ(row.lower_bound_us, expected.lower_bound_us);
}

TEST(CsvWriter, WritesManyRowsAsItWritesEach) {
  const TempDir dir;
  std::vector<Measurement> rows(5000, full_row());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].problem.num_tokens = static_cast<std::int64_t>(i) + 1;
  std::vector<const Measurement*> pointers;
  CsvWriter one_by_one(dir.path() / "each.csv");
  for (const Measurement& row : rows) {
    one_by_one.append(row);
    pointers.push_back(&row);
  }
  CsvWriter(dir.path() / "many.csv").append(pointers);
  EXPECT_EQ(read_file(dir.path() / "many.csv"), read_file(dir.path() / "each.csv"));
}

TEST(CsvWriter, RoundsTimesToNanosecondsAndReadsThemBackExactly) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  std::vector<double> rounded;
  for (const double time : {0.0001, 0.1, 1.0 / 3.0, 1234567.8912345, 86400000000.0004}) {
    writer.append(decision_row(cell_of(8, 1), "A", time));
    rounded.push_back(std::max(0.001, std::round(time * 1000.0) / 1000.0));
  }
  const Dataset data = read_csv(writer.file()).dataset;
  ASSERT_EQ(data.rows().size(), rounded.size());
  for (std::size_t i = 0; i < rounded.size(); ++i) EXPECT_EQ(data.rows()[i].time_us, rounded[i]);
}

TEST(CsvWriter, RoundsTimesToTheNearestNanosecond) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  for (const double time : {1.2346, 1.2344, 0.0006, 0.0014, 0.0016}) {
    writer.append(decision_row(cell_of(8, 1), "A", time));
  }
  std::vector<double> times;
  const Dataset data = read_csv(writer.file()).dataset;
  for (const Measurement& row : data.rows()) times.push_back(row.time_us);
  EXPECT_EQ(times, (std::vector<double>{1.235, 1.234, 0.001, 0.001, 0.002}));
}

TEST(CsvWriter, WritesCountsOfOneAndLeavesOutThoseOfNone) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  Measurement row = decision_row(cell_of(8, 1), "A", 3.0);
  row.iterations_per_sample = 1;
  row.samples = 0;
  writer.append(row);
  EXPECT_THAT(read_file(writer.file()),
              ::testing::EndsWith("\n2,bfloat16,16,1,8,A,NONE,allreduce,3,,1,false,back_to_back,,ok,1,,,,,,,,,,3\n"));
}

TEST(CsvWriter, AFailedRowHasNoTime) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  Measurement row = decision_row(cell_of(8, 1), "A", 3.0);
  row.failed = true;
  row.error = std::numeric_limits<double>::infinity();
  writer.append(row);
  writer.append(decision_row(cell_of(8, 1), "B", Measurement::none));
  const Dataset data = read_csv(writer.file()).dataset;
  ASSERT_EQ(data.rows().size(), 2U);
  for (const Measurement& read : data.rows()) {
    EXPECT_TRUE(read.failed);
    EXPECT_TRUE(std::isnan(read.time_us));
  }
  EXPECT_TRUE(std::isinf(data.rows()[0].error));
}

TEST(CsvWriter, ASuspectRowKeepsItsTimeAndItsStatus) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  Measurement row = decision_row(cell_of(8, 1), "A", 3.0);
  row.suspect = true;
  writer.append(row);
  row.failed = true;
  writer.append(row);
  const Dataset data = read_csv(writer.file()).dataset;
  ASSERT_EQ(data.rows().size(), 2U);
  EXPECT_TRUE(data.rows()[0].suspect && !data.rows()[0].failed && !data.rows()[0].usable());
  EXPECT_EQ(data.rows()[0].time_us, 3.0);
  EXPECT_TRUE(data.rows()[1].failed);
  EXPECT_TRUE(std::isnan(data.rows()[1].time_us));
}

TEST(CsvWriter, KeepsRowsOfTwoDtypesAndContextsApart) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  for (const DType dtype : {DType::bfloat16, DType::float32}) {
    for (const Context context : {Context::engine, Context::back_to_back}) {
      Measurement row = decision_row({2, dtype, "NONE", 8, 1}, "A", 3.0);
      row.setting.context = context;
      writer.append(row);
    }
  }
  const Dataset data = read_csv(writer.file()).dataset;
  ASSERT_EQ(data.settings().size(), 2U);
  EXPECT_EQ(data.dtypes().size(), 2U);
  for (const Setting& setting : data.settings()) {
    EXPECT_EQ(data.of_setting(setting).cells().size(), 2U) << to_string(setting);
  }
}

TEST(CsvWriter, QuotesNamesThatNeedIt) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  writer.append(decision_row(cell_of(8, 1), "A, \"B\" ", 1.0));
  writer.append(decision_row(cell_of(8, 1), "two\nlines", 1.0));
  const Dataset data = read_csv(writer.file()).dataset;
  EXPECT_EQ(data.rows()[0].strategy, "A, \"B\" ");
  EXPECT_EQ(data.rows()[1].strategy, "two\nlines");
}

TEST(CsvWriter, QuotesBlanksAtEitherEndAndLineEnds) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  const std::vector<std::string> names = {"A ",    " A",     "\tA",      "A B",  "A\rB", "A\r",
                                          "\nA\n", "A\r\nB", "A\n\n\"B", "A\"B", "A,B"};
  for (const std::string& name : names) writer.append(decision_row(cell_of(8, 1), name, 1.0));
  const Dataset data = read_csv(writer.file()).dataset;
  ASSERT_EQ(data.rows().size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(data.rows()[i].strategy, names[i]);
}

TEST(CsvWriter, EveryRowIsThereAsSoonAsItIsAppended) {
  const TempDir dir;
  CsvWriter writer(dir.path() / "data.csv");
  for (std::size_t rows = 1; rows <= 3; ++rows) {
    writer.append(full_row());
    EXPECT_EQ(read_csv(writer.file()).dataset.rows().size(), rows);
  }
}

TEST(CsvWriter, KeepsWhatWasThereUnderTheNextFreeNumber) {
  const TempDir dir;
  const auto file = dir.write("data.csv", "first\n");
  dir.write("data.csv.2", "taken\n");
  { CsvWriter writer(file); }
  dir.write("data.csv", "second\n");
  { CsvWriter writer(file); }
  EXPECT_EQ(read_file(dir.path() / "data.csv.1"), "first\n");
  EXPECT_EQ(read_file(dir.path() / "data.csv.2"), "taken\n");
  EXPECT_EQ(read_file(dir.path() / "data.csv.3"), "second\n");
  EXPECT_TRUE(read_csv(file).dataset.empty());
}

TEST(MachineFile, ReadsBackEqualAndKeepsAnotherMachines) {
  const TempDir dir;
  const auto csv = dir.path() / "benchmark.tp2.cpu.csv";
  { CsvWriter writer(csv); }
  const Machine machine{"cpu", {{"cpu", "EPYC \"9\""}, {"note", "a\nb"}}};
  write_machine_file(csv, machine);
  write_machine_file(csv, machine);
  EXPECT_EQ(machine_file_of(csv), dir.path() / "benchmark.tp2.cpu.machine.json");
  EXPECT_EQ(read_csv(csv).dataset.machine().facts, machine.facts);
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "benchmark.tp2.cpu.machine.json.1"));
  write_machine_file(csv, Machine{"cpu", {{"cpu", "other \xFF"}}});
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "benchmark.tp2.cpu.machine.json.1"));
  EXPECT_EQ(read_csv(csv).dataset.machine().facts.size(), 1U);
}

TEST(RegretCsv, HasALineForEachSelectorAndDataWithWhatIsKnown) {
  DecisionsReport end{Dataset{}};
  end.report.setting = {"cuda", 1, "all,reduce", true, Context::engine};
  end.run.runs = {{"one", "", ""}, {"two", "", ""}};
  const Regret known{40, 10, 0.01, 0.125, 0.5, 0.75};
  const Regret unknown{8, 8, 0.0, 0.0, 0.0, 0.0};
  const std::vector<RegretRow> rows = {{"lut", RegretSource::heuristic, 0, "", 3, known, unknown},
                                       {"AUTO", RegretSource::measured, 2, "A,B", 4, known, {}},
                                       {"gone", RegretSource::compared, 4, "NONE", 5, {}, known}};
  EXPECT_EQ(regret_csv(rows, end.report),
            "selector,source,data,tp_size,fusion,cells,unmeasured,mean_percent,p95_percent,worst_percent,"
            "share_within_1_percent,regions,op,graph,context,run_id,schema\n"
            "lut,heuristic,grid,all,all,40,10,1.0000,12.5000,50.0000,0.7500,3,\"all,reduce\",true,engine,one two,3\n"
            "lut,heuristic,holdout,all,all,8,8,,,,,,\"all,reduce\",true,engine,one two,3\n"
            "AUTO,measured,grid,2,\"A,B\",40,10,1.0000,12.5000,50.0000,0.7500,,\"all,reduce\",true,engine,one two,3\n"
            "gone,compared,holdout,4,NONE,40,10,1.0000,12.5000,50.0000,0.7500,,\"all,reduce\",true,engine,one two,3\n");
}

TEST(ProbeCsv, HasTheUnitOfEachKindAndNoValueWhereItFailed) {
  const TempDir dir;
  MachineProbe probe(4);
  probe.add({{.kind = ProbeKind::launch}, 12.34567, {}});
  probe.add({{ProbeKind::one_way, 0, 3, 0, 5}, 1.5, {}});
  probe.add({{ProbeKind::push, 1, 2, 4096, 0}, Measurement::none, "rank 1: cut"});
  probe.add({{ProbeKind::pull, ProbeCase::all, ProbeCase::all, 8192, 0}, 250.0, {}});
  write_probe(dir.path() / "probe.csv", probe, "one");
  EXPECT_EQ(read_file(dir.path() / "probe.csv"),
            "kind,from,to,bytes,value,unit,run_id,schema\n"
            "launch,all,all,0,12.35,us,one,3\n"
            "one_way,0,3,0,1.5,us,one,3\n"
            "push,1,2,4096,,GB/s,one,3\n"
            "pull,all,all,8192,250,GB/s,one,3\n");
}

}  // namespace arbiter::test

namespace arbiter {
namespace {

MachineProbe probe_with(double rate) {
  MachineProbe probe(2);
  probe.add({{.kind = ProbeKind::launch}, 0.45, {}});
  probe.add({{ProbeKind::one_way, 0, 1, 0, 100}, 1.1234567, {}});
  probe.add({{ProbeKind::push, 1, 0, 64 << 20}, rate, {}});
  probe.add({{.kind = ProbeKind::copy, .bytes = 1 << 20}, Measurement::none, "rank 1: no engine"});
  return probe;
}

TEST(MachineProbeFile, HasALineForEveryCase) {
  const test::TempDir dir;
  const auto file = dir.path() / "deeper" / probe_file_name(2, "sm90");
  write_probe(file, probe_with(345.6), "run-7");
  EXPECT_EQ(file.filename(), "machine_probe.tp2.sm90.csv");
  EXPECT_EQ(read_file(file),
            "kind,from,to,bytes,value,unit,run_id,schema\n"
            "launch,all,all,0,0.45,us,run-7,3\n"
            "one_way,0,1,0,1.123,us,run-7,3\n"
            "push,1,0,67108864,345.6,GB/s,run-7,3\n"
            "copy,all,all,1048576,,GB/s,run-7,3\n");
}

TEST(MachineProbeFile, SetsAnotherRunsAsideAndKeepsItsOwn) {
  const test::TempDir dir;
  const auto file = dir.path() / "probe.csv";
  write_probe(file, probe_with(345.6));
  const auto first = read_file(file);
  write_probe(file, probe_with(345.6));
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".1"));
  write_probe(file, probe_with(300.0));
  EXPECT_EQ(read_file(file.string() + ".1"), first);
  EXPECT_NE(read_file(file), first);
}

}  // namespace
}  // namespace arbiter
