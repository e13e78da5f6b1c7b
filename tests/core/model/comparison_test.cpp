// SPDX-License-Identifier: Apache-2.0
#include "model/comparison.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

constexpr double five_percent = 0.05;

Reading timed(double time_us, double half_width_us) {
  return {false, false, time_us, time_us - half_width_us, time_us + half_width_us};
}
Reading without_interval(double time_us) { return {.time_us = time_us}; }
const Reading failing{.failed = true};
const Reading suspect{.suspect = true, .time_us = 0.1};

Readings one(Measurement row) {
  Dataset dataset;
  dataset.add(std::move(row));
  return readings_of(dataset);
}

}  // namespace

TEST(Judge, NeedsBothTheThresholdAndIntervalsThatDoNotOverlap) {
  EXPECT_EQ(judge(timed(10.0, 0.1), timed(11.0, 0.1), five_percent), Change::slower);
  EXPECT_EQ(judge(timed(10.0, 0.1), timed(10.4, 0.1), five_percent), Change::none) << "within the threshold";
  EXPECT_EQ(judge(timed(10.0, 0.6), timed(11.0, 0.6), five_percent), Change::none) << "the intervals overlap";
  EXPECT_EQ(judge(timed(10.0, 0.5), timed(11.0, 0.5), five_percent), Change::none) << "the intervals touch";
  EXPECT_EQ(judge(timed(10.0, 0.1), timed(9.0, 0.1), five_percent), Change::faster);
  EXPECT_EQ(judge(timed(10.0, 0.1), timed(9.6, 0.1), five_percent), Change::none);
  EXPECT_EQ(judge(timed(10.0, 0.6), timed(9.0, 0.6), five_percent), Change::none);
}

TEST(Judge, TheThresholdItselfIsNoChange) {
  EXPECT_EQ(judge(timed(10.0, 0.01), timed(12.5, 0.01), 0.25), Change::none);
  EXPECT_EQ(judge(timed(10.0, 0.01), timed(12.51, 0.01), 0.25), Change::slower);
  EXPECT_EQ(judge(timed(10.0, 0.01), timed(10.03, 0.01), 0.0), Change::slower) << "a threshold of nothing";
}

TEST(Judge, WithoutIntervalsTheThresholdAloneDecides) {
  EXPECT_EQ(judge(without_interval(10.0), without_interval(10.6), five_percent), Change::slower);
  EXPECT_EQ(judge(without_interval(10.0), without_interval(10.4), five_percent), Change::none);
  EXPECT_EQ(judge(without_interval(10.0), without_interval(9.4), five_percent), Change::faster);
  EXPECT_EQ(judge(without_interval(10.0), timed(10.6, 0.7), five_percent), Change::none)
      << "the interval of one side counts";
}

TEST(Judge, ToldFromTheStateOfBothSides) {
  const Reading usable = timed(10.0, 0.1);
  EXPECT_EQ(judge(usable, failing, five_percent), Change::now_fails);
  EXPECT_EQ(judge(suspect, failing, five_percent), Change::now_fails);
  EXPECT_EQ(judge(failing, failing, five_percent), Change::never_usable);
  EXPECT_EQ(judge(usable, suspect, five_percent), Change::now_suspect);
  EXPECT_EQ(judge(failing, suspect, five_percent), Change::never_usable);
  EXPECT_EQ(judge(failing, usable, five_percent), Change::now_usable);
  EXPECT_EQ(judge(suspect, usable, five_percent), Change::now_usable);
}

TEST(ReadingsOf, TakeTheFastestUsableRowOfAKeyWhateverItsOrder) {
  Measurement slow = decision_row(cell_of(128, 1), "A", 7.0);
  Measurement fast = decision_row(cell_of(128, 1), "A", 5.0);
  Measurement too_fast = decision_row(cell_of(128, 1), "A", 0.1);
  too_fast.suspect = true;
  const Measurement failed = failed_row(cell_of(128, 1), "A");
  for (const auto& rows : {std::vector{slow, failed, fast, too_fast}, std::vector{too_fast, fast, failed, slow}}) {
    Dataset dataset;
    for (const auto& row : rows) dataset.add(row);
    const Readings readings = readings_of(dataset);
    ASSERT_EQ(readings.size(), 1U);
    EXPECT_TRUE(readings.begin()->second.usable());
    EXPECT_EQ(readings.begin()->second.time_us, 5.0);
    EXPECT_EQ(readings.begin()->first.bytes, 256);
  }
  Dataset dataset;
  dataset.add(failed);
  dataset.add(too_fast);
  EXPECT_TRUE(readings_of(dataset).begin()->second.suspect);
  EXPECT_TRUE(one(decision_row(cell_of(128, 1), "A", Measurement::none)).begin()->second.failed) << "without a time";
}

TEST(Compare, OnlyComparesWhatAgreesInEverythingThatIdentifiesIt) {
  Measurement row = decision_row({2, DType::bfloat16, "NONE", 128, 4}, "A", 5.0);
  row.setting = {.backend = "cuda", .hosts = 1, .op = "allreduce", .graph = true, .context = Context::engine};
  const Readings before = one(row);
  const auto expect_apart = [&](const char* what, auto change) {
    Measurement other = row;
    change(other);
    const Comparison comparison = compare(before, one(other), five_percent);
    EXPECT_THAT(comparison.points, IsEmpty()) << what;
    EXPECT_EQ(comparison.only_before.size(), 1U) << what;
    EXPECT_EQ(comparison.only_after.size(), 1U) << what;
  };
  expect_apart("tp", [](Measurement& other) { other.problem.tp_size = 4; });
  expect_apart("dtype", [](Measurement& other) { other.problem.dtype = DType::float16; });
  expect_apart("fusion", [](Measurement& other) { other.problem.fusion = "RESIDUAL_RMS_NORM"; });
  expect_apart("hidden", [](Measurement& other) { other.problem.hidden_size = 256; });
  expect_apart("tokens", [](Measurement& other) { other.problem.num_tokens = 8; });
  expect_apart("backend", [](Measurement& other) { other.setting.backend = "host"; });
  expect_apart("hosts", [](Measurement& other) { other.setting.hosts = 2; });
  expect_apart("op", [](Measurement& other) { other.setting.op = "all_gather"; });
  expect_apart("graph", [](Measurement& other) { other.setting.graph = false; });
  expect_apart("context", [](Measurement& other) { other.setting.context = Context::back_to_back; });
  expect_apart("strategy", [](Measurement& other) { other.strategy = "B"; });

  Measurement same = row;
  same.run_id = "other";
  same.numerics = Numerics::library;
  EXPECT_EQ(compare(before, one(same), five_percent).points.size(), 1U);
}

TEST(Compare, APointOfACurveOverMessageSizesIsAPointToo) {
  PointKey key{.problem = {.tp_size = 8, .fusion = "NONE"}, .strategy = "NCCL", .bytes = 4096};
  Readings before = {{key, without_interval(10.0)}};
  Readings after = {{key, without_interval(20.0)}};
  key.bytes = 8192;
  before[key] = without_interval(10.0);
  const Comparison comparison = compare(before, after, five_percent);
  ASSERT_THAT(comparison.points, ElementsAre(Field(&PointChange::change, Change::slower)));
  EXPECT_EQ(to_string(comparison.points.front().key), "NCCL, tp 8, bfloat16, NONE, 4096 bytes, context back_to_back");
  EXPECT_THAT(comparison.only_before, ElementsAre(Field(&PointKey::bytes, 8192)));
}

TEST(WorstOf, IsTheLargestSlowdownAndAFailureBeforeAnyOther) {
  const auto key = [](std::int64_t tokens) {
    return PointKey{.problem = cell_of(128, tokens), .strategy = "A", .bytes = 0};
  };
  const Readings before = {{key(1), timed(10, 0.1)}, {key(2), timed(10, 0.1)}, {key(3), timed(10, 0.1)}};
  Readings after = {{key(1), timed(11, 0.1)}, {key(2), timed(14, 0.1)}, {key(3), timed(5, 0.1)}};
  EXPECT_EQ(worst_of(compare(before, before, five_percent)), nullptr);
  const Comparison slower = compare(before, after, five_percent);
  ASSERT_NE(worst_of(slower), nullptr);
  EXPECT_EQ(worst_of(slower)->key, key(2));
  EXPECT_NEAR(worst_of(slower)->share, 0.4, 1e-12);
  after[key(3)] = failing;
  const Comparison failed = compare(before, after, five_percent);
  EXPECT_EQ(worst_of(failed)->key, key(3));
  EXPECT_TRUE(std::isnan(worst_of(failed)->share));
}

TEST(JudgedBy, AnotherThresholdJudgesTheSamePoints) {
  const PointKey key{.problem = cell_of(128, 1), .strategy = "A"};
  const Comparison strict = compare({{key, timed(10, 0.1)}}, {{key, timed(11, 0.1)}}, five_percent);
  EXPECT_EQ(strict.points.front().change, Change::slower);
  EXPECT_EQ(judged_by(strict, 0.2).points.front().change, Change::none);
}

TEST(ReadingsOfCurves, HaveAPointForEachSizeOfAMessageDtype) {
  ByteCurve curve;
  curve.name = "NCCL";
  curve.dtype = "float16";
  curve.tp_size = 2;
  curve.points = {{64, 5.0}, {128, 6.0}};
  ByteCurve faster = curve;
  faster.points = {{64, 4.0}};
  ByteCurve integers = curve;
  integers.dtype = "int8";
  const Readings readings = readings_of({curve, faster, integers});
  const PointKey key{.setting = {}, .problem = {2, DType::float16, "NONE", 0, 0}, .strategy = "NCCL", .bytes = 64};
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_DOUBLE_EQ(readings.at(key).time_us, 4.0);
  EXPECT_FALSE(readings.at(key).has_interval());
  EXPECT_EQ(to_string(key), "NCCL, tp 2, float16, NONE, 64 bytes, context back_to_back");
}

}  // namespace arbiter::test
