// SPDX-License-Identifier: Apache-2.0
#include "twoshot/token_blocks.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace {

using arbiter::DType;
using arbiter::Problem;
using arbiter::twoshot::TokenBlocks;

TEST(TokenBlocks, GiveEveryRowToExactlyOneOwner) {
  for (const int ranks : {2, 3, 4, 7}) {
    for (const std::int64_t num_tokens : {1, 2, 3, 5, 64, 65, 1000}) {
      const TokenBlocks blocks({ranks, DType::bfloat16, "NONE", 512, num_tokens}, 16 * 1024);
      std::int64_t next = 0;
      for (std::int64_t chunk = 0; chunk < blocks.chunks(); ++chunk) {
        ASSERT_EQ(blocks.first_row(chunk), next);
        for (int rank = 0; rank < ranks; ++rank) ASSERT_LE(blocks.block(chunk, rank), blocks.block(chunk, rank + 1));
        ASSERT_EQ(blocks.block(chunk, 0), 0);
        ASSERT_EQ(blocks.block(chunk, ranks), blocks.rows(chunk));
        next += blocks.rows(chunk);
      }
      ASSERT_EQ(next, num_tokens);
    }
  }
}

TEST(TokenBlocks, ShareFullChunksEvenly) {
  const TokenBlocks blocks({3, DType::bfloat16, "NONE", 512, 1000}, 16 * 1024);
  ASSERT_GT(blocks.chunks(), 1);
  EXPECT_EQ(blocks.block(0, 1) - blocks.block(0, 0), blocks.block(0, 3) - blocks.block(0, 2));
}

TEST(TokenBlocks, StayWithinTheirChunkSizeWhereARowPerRankFits) {
  const TokenBlocks blocks({4, DType::float32, "NONE", 1000, 10'000}, 64 * 1024);
  EXPECT_LE(blocks.rows(0) * blocks.row_bytes, 64 * 1024);
  const TokenBlocks wide({4, DType::float32, "NONE", 1'000'000, 10'000}, 64 * 1024);
  EXPECT_EQ(wide.rows(0), 4);
}

TEST(TokenBlocks, KeepTheFieldsOfASlotApart) {
  const TokenBlocks blocks({3, DType::bfloat16, "NONE", 17, 5}, 1024);
  EXPECT_GE(blocks.scalars_at(), static_cast<std::size_t>(5 * 34));
  EXPECT_GE(blocks.state_at(), blocks.scalars_at() + 2 * sizeof(float));
  EXPECT_GE(blocks.slot_bytes(), blocks.state_at() + 2 * 34);
  EXPECT_EQ(blocks.scalars_at() % alignof(float), 0U);
}

}  // namespace
