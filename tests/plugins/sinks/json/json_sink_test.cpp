// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "arbiter/files.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Dataset measured() {
  Dataset data(Machine{"sm90", {{"gpu", "NVIDIA H200"}, {"nccl", "2.27.5"}}});
  Measurement full = decision_row(cell_of(128, 1), "NCCL", 4.5);
  full.setting.backend = "cuda";
  full.setting.graph = true;
  full.iterations_per_sample = 10;
  full.samples = 20;
  full.min_us = 4.25;
  full.p95_us = 5.125;
  full.ci_low_us = 4.375;
  full.ci_high_us = 4.625;
  full.error = 0.5;
  full.lower_bound_us = 3.5;
  data.add(full);
  full.strategy = "ONESHOT";
  full.setting.graph = false;
  full.failed = true;
  full.time_us = Measurement::none;
  full.reason = "ranks differ";
  data.add(full);
  data.add(decision_row(cell_of(128, 2), "NCCL", 5.0));
  return data;
}

json written(
    DecisionsReport& end, const std::function<void(Sink&)>& before = [](Sink&) {}) {
  const auto sink = load_plugin<Sink>(JSON_PLUGIN);
  sink->begin(end.run);
  before(*sink);
  sink->write(end.report);
  return json::parse(read_file(end.run.output_dir / "decision.json"));
}

}  // namespace

TEST(JsonSink, HoldsTheMachineAndEveryRowWithEveryColumn) {
  DecisionsReport end(measured());
  end.holdout.add(decision_row(cell_of(2880, 7), "NCCL", 9.0));
  const json document = written(end);
  EXPECT_EQ(document["format"], "arbiter-decision");
  EXPECT_EQ(document["version"], 1);
  EXPECT_THAT(document["made_by"].get<std::string>(), HasSubstr("Arbiter "));
  EXPECT_EQ(document["machine"],
            json::parse(R"({"platform": "sm90", "facts": {"gpu": "NVIDIA H200", "nccl": "2.27.5"}})"));
  EXPECT_EQ(document["grid"]["columns"].size(), 25U);
  EXPECT_EQ(document["grid"]["rows"], json::parse(R"([
      [2, "bfloat16", "NONE", 128, 1, "NCCL", "allreduce", "ok", 4.5, "cuda", 1, "graph", "back_to_back", null, 10, null,
       20, 4.25, 5.125, 4.375, 4.625, 0.5, 3.5, null, null],
      [2, "bfloat16", "NONE", 128, 1, "ONESHOT", "allreduce", "failed", null, "cuda", 1, "eager", "back_to_back", null, 10,
       null, 20, 4.25, 5.125, 4.375, 4.625, 0.5, 3.5, null, "ranks differ"],
      [2, "bfloat16", "NONE", 128, 2, "NCCL", "allreduce", "ok", 5.0, null, 1, null, "back_to_back", null, null, null, null,
       null, null, null, null, null, null, null, null]])"));
  EXPECT_EQ(document["holdout"]["columns"], document["grid"]["columns"]);
  ASSERT_EQ(document["holdout"]["rows"].size(), 1U);
  EXPECT_EQ(document["holdout"]["rows"][0][3], 2880);
  EXPECT_THAT(end.said, ElementsAre(HasSubstr("decision.json: 0 selectors, 3 measurements, 1 of the holdout, 1 cells "
                                              "never measured")));
}

TEST(JsonSink, SaysWhatTheNamesOfStrategiesMean) {
  DecisionsReport end(measured());
  end.report.strategies = {{"NCCL", "NCCL", "cuda", {}},
                           {"ONESHOT_PLAIN", "ONESHOT", "cuda", {{"programmatic", "false"}, {"trigger", "early"}}}};
  EXPECT_EQ(written(end)["strategies"], json::parse(R"({
      "NCCL": {"strategy": "NCCL", "backend": "cuda", "parameters": {}},
      "ONESHOT_PLAIN": {"strategy": "ONESHOT", "backend": "cuda",
                        "parameters": {"programmatic": "false", "trigger": "early"}}})"));
}

TEST(JsonSink, NamesTheSettingAndTheRunsAndHoldsTheRowsOfEverySetting) {
  Dataset data = measured();
  DecisionsReport end(data);
  Measurement suspect = decision_row(cell_of(128, 1), "NCCL", 0.5);
  suspect.setting = {"cuda", 2, "allreduce", true, Context::engine};
  suspect.numerics = Numerics::library;
  suspect.suspect = true;
  suspect.tensor_sets = 4;
  suspect.run_id = "20261128-031357-1a2b";
  Measurement held = suspect;
  held.holdout = true;
  data.add(suspect);
  data.add(held);
  end.report.all_rows = &data;
  end.report.setting = {"cuda", 1, "allreduce", true, Context::back_to_back};
  end.run.runs = {{"20261128-031357-1a2b", "2026-11-28T03:13:57Z", "0.2.0 (1a2b3c4d5e6f)"}};
  end.run.mixed = {"runs A and B differ in driver: 1 / 2"};
  const json document = written(end);
  EXPECT_EQ(document["setting"], json::parse(R"({"backend": "cuda", "hosts": 1, "op": "allreduce",
                                                 "execution": "graph", "context": "back_to_back"})"));
  EXPECT_EQ(document["runs"]["rows"],
            json::parse(R"x([["20261128-031357-1a2b", "2026-11-28T03:13:57Z", "0.2.0 (1a2b3c4d5e6f)"]])x"));
  EXPECT_EQ(document["runs"]["joined_although"], json::parse(R"(["runs A and B differ in driver: 1 / 2"])"));
  ASSERT_EQ(document["grid"]["rows"].size(), 4U);
  ASSERT_EQ(document["holdout"]["rows"].size(), 1U);
  EXPECT_EQ(document["grid"]["rows"][3], json::parse(R"([2, "bfloat16", "NONE", 128, 1, "NCCL", "allreduce", "suspect",
      0.5, "cuda", 2, "graph", "engine", "library", null, 4, null, null, null, null, null, null, null,
      "20261128-031357-1a2b", null])"));
}

TEST(JsonSink, NamesTheCellsNeverMeasuredAndWhy) {
  Dataset data = measured();
  data.add(decision_row(cell_of(128, 1), "AUTO", 4.5));
  DecisionsReport end(data);
  end.holdout.add(decision_row(cell_of(2880, 7), "NCCL", 9.0));
  const json document = written(end, [](Sink& sink) {
    sink.skipped(cell_of(128, 1), "ONESHOT", "ranks differ");  // has a row, which says so
    sink.skipped(cell_of(128, 1), "NCCL_SYMMETRIC", "no NVLink");
    sink.skipped(cell_of(2880, 7), "NCCL", "first try");
  });
  EXPECT_EQ(document["never_measured"]["rows"], json::parse(R"([
      [2, "bfloat16", "NONE", 128, 1, "NCCL_SYMMETRIC", "no NVLink"],
      [2, "bfloat16", "NONE", 128, 2, "ONESHOT", "not in the data"]])"));
}

TEST(JsonSink, WritesTheSameBytesForTheSameRun) {
  DecisionsReport first(measured());
  DecisionsReport second(measured());
  static_cast<void>(written(first));
  static_cast<void>(written(second));
  const std::string text = read_file(first.run.output_dir / "decision.json");
  EXPECT_EQ(text, read_file(second.run.output_dir / "decision.json"));
  EXPECT_THAT(text, HasSubstr("\n      [2,\"bfloat16\",\"NONE\",128,2,\"NCCL\",\"allreduce\",\"ok\",5.0,"));
}

}  // namespace arbiter::test
