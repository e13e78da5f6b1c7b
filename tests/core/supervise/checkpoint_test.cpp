// SPDX-License-Identifier: Apache-2.0
#include "supervise/checkpoint.hpp"

#include <cmath>
#include <fstream>
#include <limits>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "support/temp_dir.hpp"

namespace arbiter {
namespace {

class CheckpointOfARun : public ::testing::Test {
 protected:
  CheckpointOfARun() : path_(dir_.path() / "checkpoint") { Checkpoint::create(path_, {"run-1", "2026-11-28"}); }

  [[nodiscard]] Checkpoint::Contents contents() const { return Checkpoint::contents_of(read_file(path_)); }

  static Measurement row(std::int64_t tokens, const std::string& strategy) {
    Measurement row;
    row.problem = {2, DType::float16, "NONE", 64, tokens};
    row.strategy = strategy;
    row.time_us = 0.1 + 0.2;
    row.setting.backend = "host";
    return row;
  }

  test::TempDir dir_;
  std::filesystem::path path_;
};

TEST_F(CheckpointOfARun, GivesBackWhatWasAddedToTheBit) {
  Checkpoint ranks(path_);
  auto good = row(8, "A");
  good.setting.graph = good.holdout = true;
  good.iterations_per_sample = 17;
  good.samples = 23;
  good.tensor_sets = 5;
  good.setting.hosts = 2;
  good.setting.context = Context::engine_early;
  good.numerics = Numerics::fp32_rank_order;
  good.suspect = true;
  good.run_id = "20261128-031357-1a2b";
  good.ci_low_us = 1.0 / 3.0;
  good.lower_bound_us = 2.0 / 3.0;
  auto bad = row(16, "B, \"quoted\"");
  bad.failed = true;
  bad.time_us = Measurement::none;
  bad.error = std::numeric_limits<double>::infinity();
  bad.reason = "two\nlines and \xff";
  ranks.add_rows({good, bad});
  ranks.add_finished_part("the first");
  ranks.add_broken({{bad.problem, "C"}, "rank 0 was killed by signal 11"});

  const auto read = contents();
  ASSERT_EQ(read.rows.size(), 2U);
  const auto& [first, second] = std::tie(read.rows[0], read.rows[1]);
  EXPECT_EQ(first.problem, good.problem);
  EXPECT_EQ(first.time_us, good.time_us);
  EXPECT_EQ(first.ci_low_us, good.ci_low_us);
  EXPECT_EQ(first.lower_bound_us, good.lower_bound_us);
  EXPECT_TRUE(std::isnan(first.error));
  EXPECT_TRUE(first.setting.graph && first.holdout && !first.failed);
  EXPECT_EQ(first.iterations_per_sample, 17);
  EXPECT_EQ(first.samples, 23);
  EXPECT_EQ(first.tensor_sets, 5);
  EXPECT_EQ(first.setting, good.setting);
  EXPECT_EQ(first.numerics, good.numerics);
  EXPECT_TRUE(first.suspect && !second.suspect);
  EXPECT_EQ(first.run_id, good.run_id);
  EXPECT_EQ(second.setting, bad.setting);
  EXPECT_EQ(second.strategy, bad.strategy);
  EXPECT_TRUE(second.failed && std::isnan(second.time_us) && std::isinf(second.error));
  EXPECT_THAT(second.reason, ::testing::StartsWith("two\nlines and "));
  EXPECT_THAT(read.finished_parts, ::testing::ElementsAre("the first"));
  EXPECT_EQ(read.head.run_id, "run-1");
  EXPECT_EQ(read.head.date, "2026-11-28");
  ASSERT_EQ(read.broken.size(), 1U);
  EXPECT_EQ(read.broken[0].cell, (Cell{bad.problem, "C"}));
}

TEST_F(CheckpointOfARun, KeepsWhatWasSkipped) {
  Checkpoint ranks(path_);
  ranks.add_skipped({{row(8, "A").problem, "*", "too\nlarge"}});
  const auto read = contents();
  ASSERT_EQ(read.skipped.size(), 1U);
  EXPECT_EQ(read.skipped[0].problem, row(8, "A").problem);
  EXPECT_EQ(read.skipped[0].strategy, "*");
  EXPECT_EQ(read.skipped[0].reason, "too\nlarge");
  EXPECT_THAT(read.rows, ::testing::IsEmpty());
}

TEST_F(CheckpointOfARun, GoesOnBehindALineThatAKillCut) {
  Checkpoint(path_).add_rows({row(8, "A"), row(8, "B")});
  Checkpoint(path_).add_rows({row(16, "A")});
  const auto whole = read_file(path_);
  const auto second_line = whole.rfind('\n', whole.size() - 2) + 1;
  for (const auto bytes : {second_line + 1, whole.size() - 1}) {
    std::ofstream(path_) << whole.substr(0, bytes);
    EXPECT_EQ(contents().rows.size(), 2U) << "a record counts with its end";
    Checkpoint(path_).add_rows({row(32, "C")});
    const auto rows = contents().rows;
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows.back().strategy, "C");
  }
}

TEST_F(CheckpointOfARun, RefusesALineThatIsNone) {
  const auto head = read_file(path_);
  EXPECT_THROW(static_cast<void>(Checkpoint::contents_of("")), DataError);
  EXPECT_THROW(static_cast<void>(Checkpoint::contents_of("half a li")), DataError);
  EXPECT_THROW(static_cast<void>(Checkpoint::contents_of(head + "{\"rows\": [{}]}\n")), DataError);
  EXPECT_THROW(static_cast<void>(Checkpoint::contents_of("{\"schema\": 2, \"run_id\": \"\", \"date\": \"\"}\n")),
               DataError);
}

}  // namespace
}  // namespace arbiter
