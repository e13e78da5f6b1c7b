// SPDX-License-Identifier: Apache-2.0
#include "cuda_common/tile_plan.hpp"

#include <gtest/gtest.h>

namespace arbiter::cuda {
namespace {

TilePlan rows(int tp_size, std::int64_t hidden_size, DType dtype = DType::bfloat16) {
  return plan_tiles({tp_size, dtype, "RESIDUAL_RMS_NORM", hidden_size, 7}, true, {});
}

TEST(TilePlan, KeepsRowsInRegistersAsFarAsThereAreEnough) {
  EXPECT_EQ(rows(2, 4096).name(), "rows1");
  EXPECT_EQ(rows(2, 4104).name(), "rows2");
  EXPECT_EQ(rows(2, 8192).name(), "rows2");
  EXPECT_EQ(rows(2, 12'288).name(), "rows3");
  EXPECT_EQ(rows(2, 16'384).name(), "rows4");
  EXPECT_EQ(rows(2, 16'392).name(), "wide");
  EXPECT_EQ(rows(2, 8192, DType::float32).name(), "rows4");
  EXPECT_EQ(rows(4, 12'288).name(), "rows3");
  EXPECT_EQ(rows(4, 16'384).name(), "wide");
  EXPECT_EQ(rows(3, 12'288).name(), "rows3");
  EXPECT_EQ(rows(6, 4104).name(), "wide");
  EXPECT_EQ(rows(8, 4096).name(), "rows1");
  EXPECT_EQ(rows(8, 4104).name(), "wide");
}

TEST(TilePlan, GivesEveryVectorOfARowAThread) {
  for (const int tp_size : {2, 3, 4, 6, 8}) {
    for (const DType dtype : {DType::bfloat16, DType::float32}) {
      for (std::int64_t hidden = 1; hidden <= TilePlan::largest_hidden_size(dtype); hidden += 37) {
        const auto plan = rows(tp_size, hidden, dtype);
        const std::int64_t vectors = (hidden * size_of(dtype) + 15) / 16;
        ASSERT_EQ(plan.block % 32, 0U) << hidden;
        ASSERT_LE(plan.block, static_cast<unsigned>(TilePlan::largest_block)) << hidden;
        ASSERT_EQ(plan.vectors_per_row, vectors) << hidden;
        ASSERT_EQ(plan.tiles, 7) << hidden;
        if (plan.per_thread > 0) {
          ASSERT_GE(static_cast<std::int64_t>(plan.block) * plan.per_thread, vectors) << hidden;
          ASSERT_LT(static_cast<std::int64_t>(plan.block) * plan.per_thread,
                    vectors + std::int64_t{32} * plan.per_thread)
              << hidden;
        } else {
          ASSERT_GE(plan.shared_bytes(), vectors * 16) << hidden;
          ASSERT_LE(plan.shared_bytes(), TilePlan::most_shared_bytes) << hidden;
        }
      }
    }
  }
}

TEST(TilePlan, HasLongRowsSharedByBlocks) {
  const auto blocks = [](std::int64_t vectors, std::int64_t rows, int tp_size = 2) {
    return blocks_for_row(tp_size, vectors, rows, 132, {.batch_invariant = false});
  };
  EXPECT_EQ(blocks(256, 1), 1);
  EXPECT_EQ(blocks(512, 66), 2);
  EXPECT_EQ(blocks(512, 67), 1) << "no two multiprocessors for each";
  EXPECT_EQ(blocks(1024, 66), 2);
  EXPECT_EQ(blocks(1024, 67), 1) << "one for each, and two vectors a thread";
  EXPECT_EQ(blocks(1024, 133), 2);
  EXPECT_EQ(blocks(1024, 67, 8), 2) << "no registers for two vectors";
  EXPECT_EQ(blocks(1536, 8), 4);
  EXPECT_EQ(blocks(1536, 9), 1);
  EXPECT_EQ(blocks(1536, 132, 8), 4);
  EXPECT_EQ(blocks(1536, 133, 8), 4) << "rather than in shared memory";
  EXPECT_EQ(blocks(2049, 1), 1);
  for (const int shared_by : {2, 4}) {
    for (std::int64_t hidden = 1; hidden <= std::int64_t{512} * shared_by * 8; hidden += 37) {
      const auto plan =
          plan_tiles({8, DType::bfloat16, "RESIDUAL_RMS_NORM", hidden, 7}, true, {.blocks_per_row = shared_by});
      const std::int64_t vectors = (hidden + 7) / 8;
      ASSERT_EQ(plan.name(), shared_by == 2 ? "pair" : "quad") << hidden;
      ASSERT_EQ(plan.per_thread, 1);
      ASSERT_EQ(plan.shared_bytes(), 0U);
      ASSERT_EQ(plan.block % 32, 0U) << hidden;
      ASSERT_GE(static_cast<std::int64_t>(plan.block) * shared_by, vectors) << hidden;
      ASSERT_LT(static_cast<std::int64_t>(plan.block) * shared_by, vectors + std::int64_t{32} * shared_by) << hidden;
    }
  }
}

TEST(TilePlan, HasFewerRowsSharedWhereNothingHidesTheLaunchOfACluster) {
  const auto blocks = [](std::int64_t vectors, std::int64_t rows) {
    return blocks_for_row(2, vectors, rows, 132, {.programmatic = false, .batch_invariant = false});
  };
  EXPECT_EQ(blocks(512, 1), 1);
  EXPECT_EQ(blocks(1024, 8), 2);
  EXPECT_EQ(blocks(1024, 9), 1);
  EXPECT_EQ(blocks(1024, 133), 2) << "more rows than multiprocessors";
  EXPECT_EQ(blocks(1536, 8), 4);
  const auto together = [](int tp_size, std::int64_t vectors, std::int64_t rows) {
    return blocks_for_row(tp_size, vectors, rows, 132, {.programmatic = false, .polls_together = true});
  };
  EXPECT_EQ(together(2, 1024, 9), 1) << "a thread polls for both of its vectors at once";
  EXPECT_EQ(together(2, 1024, 8), 2) << "with the same bits";
  EXPECT_EQ(together(2, 960, 8), 1);
  EXPECT_EQ(together(2, 1025, 1), 1);
  EXPECT_EQ(together(4, 1024, 9), 2);
}

TEST(TilePlan, DoesNotHaveMoreThanARowShared) {
  EXPECT_EQ(plan_tiles({8, DType::bfloat16, "RESIDUAL_RMS_NORM", 8200, 7}, true, {.blocks_per_row = 2}).name(), "wide");
  EXPECT_EQ(plan_tiles({2, DType::bfloat16, "NONE", 8192, 7}, false, {.blocks_per_row = 2}).name(), "flat");
}

TEST(TilePlan, RunsAloneWhereTheNextKernelHasRoomOrABlockIsEnough) {
  const auto exclusive_sm = [](std::int64_t hidden, std::int64_t tokens, int blocks = 1) {
    return plan_tiles({2, DType::bfloat16, "RESIDUAL_RMS_NORM", hidden, tokens}, true, {.blocks_per_row = blocks})
        .prefers_exclusive_sm(132);
  };
  EXPECT_FALSE(exclusive_sm(4096, 8));
  EXPECT_TRUE(exclusive_sm(4096, 8, 2));
  EXPECT_TRUE(exclusive_sm(4096, 132));
  EXPECT_FALSE(exclusive_sm(4096, 133));
  EXPECT_TRUE(exclusive_sm(4096, 265));
  EXPECT_TRUE(exclusive_sm(2048, 1056)) << "half as large blocks";
  EXPECT_FALSE(exclusive_sm(1024, 265)) << "blocks of 128 threads";
  EXPECT_FALSE(exclusive_sm(4096, 1024)) << "two are better";
  const auto flat_alone = [](std::int64_t tokens) {
    return plan_tiles({2, DType::bfloat16, "NONE", 4096, tokens}, false, {}).prefers_exclusive_sm(132);
  };
  EXPECT_FALSE(flat_alone(8)) << "blocks of 32 threads";
  EXPECT_TRUE(flat_alone(32));
  EXPECT_FALSE(flat_alone(64));
  EXPECT_TRUE(flat_alone(512));
}

TEST(TilePlan, SpreadsAMessageWhoseRowsMayBeCut) {
  const auto small = plan_tiles({2, DType::bfloat16, "NONE", 4096, 1}, false, {});
  EXPECT_EQ(small.name(), "flat");
  EXPECT_EQ(small.block, 32U);
  EXPECT_EQ(small.tiles, 16);
  const auto plain = plan_tiles({2, DType::bfloat16, "NONE", 4096, 1}, false, {.programmatic = false});
  EXPECT_EQ(plain.block, 128U);
  EXPECT_EQ(plain.tiles, 4);
  const auto narrow =
      plan_tiles({2, DType::bfloat16, "NONE", 4096, 1}, false, {.most_flat_threads = 64, .programmatic = false});
  EXPECT_EQ(narrow.block, 64U);
  const auto large = plan_tiles({2, DType::bfloat16, "NONE", 4096, 4096}, false, {.most_flat_threads = 256});
  EXPECT_EQ(large.block, 256U);
  EXPECT_EQ(large.tiles, 4096 * 512 / 256);
}

}  // namespace
}  // namespace arbiter::cuda
