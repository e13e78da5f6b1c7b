// SPDX-License-Identifier: Apache-2.0
#include "pass_shape.hpp"

#include <cstring>

#include <gtest/gtest.h>

namespace {

using namespace arbiter;

TEST(PassShape, GivesEveryVectorOfARowAThreadAndEveryRowAGroup) {
  for (const DType dtype : {DType::bfloat16, DType::float32}) {
    for (const std::int64_t tokens : {1, 3, 1000}) {
      for (std::int64_t hidden = 1; hidden < 40'000; hidden = hidden * 5 / 4 + 1) {
        const auto shape = cuda::pass_shape({2, dtype, "NONE", hidden, tokens});
        EXPECT_EQ(shape.group_threads % 32, 0U);
        EXPECT_EQ(shape.block % shape.group_threads, 0U);
        EXPECT_LE(shape.block, std::strcmp(shape.entry, "arbiter_epilogue_pass_3") == 0 ? 512U : 1024U);
        EXPECT_GE(shape.blocks * (shape.block / shape.group_threads), tokens);
        if (std::strcmp(shape.entry, "arbiter_epilogue_pass_wide") == 0) continue;
        const unsigned per_thread = std::strcmp(shape.entry, "arbiter_epilogue_pass_1") == 0 ? 1 : 3;
        const std::int64_t vector = 16 / size_of(dtype);
        EXPECT_GE(static_cast<std::int64_t>(shape.group_threads) * per_thread * vector, hidden);
      }
    }
  }
}

TEST(PassShape, PutsNarrowRowsIntoOneBlock) {
  EXPECT_EQ(cuda::pass_shape({2, DType::bfloat16, "NONE", 128, 1000}).block, 256U);
  EXPECT_EQ(cuda::pass_shape({2, DType::bfloat16, "NONE", 128, 2}).block, 64U);
  EXPECT_EQ(cuda::pass_shape({2, DType::bfloat16, "NONE", 8192, 2}).block, 1024U);
}

}  // namespace
