// SPDX-License-Identifier: Apache-2.0
#include "trtllm_table/shipped_table.hpp"

#include <gtest/gtest.h>

namespace arbiter::test {

namespace {

/// The ids of a row in order of tokens.
std::string row(int sm, int tp_size, const char* fusion, std::int64_t hidden) {
  std::string ids;
  for (const auto& [point, id] : trtllm::shipped_table(sm)) {
    if (point.tp_size == tp_size && point.fusion == fusion && point.hidden_size == hidden) ids += id;
  }
  return ids;
}

}  // namespace

// Rows of customAllReduceUtils.h.
TEST(ShippedTable, HasTheRowsOfTensorRtLlm) {
  EXPECT_EQ(row(90, 2, "NONE", 128), "444444444444000");
  EXPECT_EQ(row(90, 2, "RESIDUAL_RMS_NORM_QUANT_FP8", 2048), "444444444444444");
  EXPECT_EQ(row(90, 4, "NONE", 8192), "444444445000000");
  EXPECT_EQ(row(90, 4, "RESIDUAL_RMS_NORM_QUANT_FP8", 8192), "444444445555500");
  EXPECT_EQ(row(90, 8, "NONE", 1024), "444444444055500");
  EXPECT_EQ(row(90, 8, "RESIDUAL_RMS_NORM_QUANT_FP8", 4096), "444444400050000");
  EXPECT_EQ(row(90, 8, "RESIDUAL_RMS_NORM_QUANT_NVFP4", 4096), "000000000000000");
  EXPECT_EQ(row(100, 2, "NONE", 256), "444444444444440");
  EXPECT_EQ(row(100, 4, "RESIDUAL_RMS_NORM_QUANT_NVFP4", 8192), "444444444555500");
  EXPECT_EQ(row(100, 8, "RESIDUAL_RMS_NORM", 4096), "444444444555500");
}

TEST(ShippedTable, HasEveryPointAndAsksForNoTwoShotThatEndsTheEngine) {
  for (const int sm : {89, 90, 100, 103}) {
    const auto table = trtllm::shipped_table(sm);
    EXPECT_EQ(table.size(), 3U * 4U * 7U * 15U);
    for (const auto& [point, id] : table) {
      if (id == "5") {
        EXPECT_GE(point.num_tokens, point.tp_size);
      }
    }
  }
}

}  // namespace arbiter::test
