// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gtest/gtest.h>

#include "arbiter/host/number_formats.hpp"
#include "rms_norm/nvfp4_layout.hpp"
#include "support/fusions_harness.hpp"

namespace arbiter {
namespace {

using test::FusionHarness;
using test::load_fusion;

constexpr const char* name = "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4";

TEST(Nvfp4Scales, SwizzledOffsetsAreThoseOf128x4Tiles) {
  const Nvfp4Scales scales{ScaleLayout::swizzled, 300, 9};
  EXPECT_EQ(scales.bytes(), 3 * 3 * 512);
  EXPECT_EQ(scales.offset(0, 0), 0);
  EXPECT_EQ(scales.offset(0, 3), 3);
  EXPECT_EQ(scales.offset(1, 0), 16);
  EXPECT_EQ(scales.offset(31, 0), 496);
  EXPECT_EQ(scales.offset(32, 0), 4);
  EXPECT_EQ(scales.offset(97, 2), 16 + 12 + 2);
  EXPECT_EQ(scales.offset(0, 4), 512);
  EXPECT_EQ(scales.offset(33, 8), 2 * 512 + 16 + 4);
  EXPECT_EQ(scales.offset(128, 0), 3 * 512);
  EXPECT_EQ(scales.offset(299, 8), 2 * 3 * 512 + 2 * 512 + 43 % 32 * 16 + 4);
}

TEST(Nvfp4Scales, EveryLayoutGivesEachScaleItsOwnByte) {
  for (const ScaleLayout layout : {ScaleLayout::linear, ScaleLayout::swizzled}) {
    const Nvfp4Scales scales{layout, 300, 9};
    std::set<std::int64_t> seen;
    for (std::uint32_t row = 0; row < 300; ++row) {
      for (std::uint32_t block = 0; block < scales.columns(); ++block) {
        const std::int64_t offset = scales.offset(row, block);
        EXPECT_TRUE(offset >= 0 && offset < scales.bytes() && seen.insert(offset).second) << row << " " << block;
      }
    }
  }
}

TEST(Nvfp4, DequantisesToTheNormWithinHalfAStepOfItsBlock) {
  for (const char* layout : {"linear", "swizzled"}) {
    const auto fusion = load_fusion(name, "scale_layout", layout);
    const Problem problem{2, DType::bfloat16, name, 104, 140};
    FusionHarness harness(*fusion, problem);
    harness.run();
    EXPECT_LE(harness.check(), 1.0);
    const std::vector<double> norm = harness.values("norm_out");
    const Nvfp4Scales scales{layout[0] == 'l' ? ScaleLayout::linear : ScaleLayout::swizzled, 140, 7};
    float global = 0.0F;
    std::memcpy(&global, harness.tensor("global_scale").data(), 4);
    for (std::uint32_t row = 0; row < 140; ++row) {
      for (std::uint32_t i = 0; i < 104; ++i) {
        const auto offset = static_cast<std::size_t>(scales.offset(row, i / 16));
        const double scale =
            static_cast<double>(e4m3_to_float(harness.tensor("scale_out")[offset])) / static_cast<double>(global);
        const std::uint8_t byte = harness.tensor("quant_out")[static_cast<std::size_t>(row * 52 + i / 2)];
        const double value =
            scale * static_cast<double>(e2m1_to_float(static_cast<std::uint8_t>(byte >> (i % 2 * 4) & 0xf)));
        // The widest step is from 4 to 6; rounding of the scale may have clamped the largest value of the block.
        EXPECT_NEAR(value, norm[static_cast<std::size_t>(row * 104 + i)], scale * 1.03) << row << " " << i;
      }
    }
  }
}

TEST(Nvfp4, FailsItsCheckInTheOtherLayout) {
  const auto linear = load_fusion(name, "scale_layout", "linear");
  const auto swizzled = load_fusion(name, "scale_layout", "swizzled");
  const Problem problem{2, DType::bfloat16, name, 128, 128};  // both layouts have the same size
  FusionHarness harness(*linear, problem);
  harness.run(*swizzled->host_epilogue(problem));
  EXPECT_GT(harness.check(), 1.0);
}

TEST(Nvfp4, WritesZerosForBlocksOfZerosAndForPadding) {
  const auto fusion = load_fusion(name);
  const Problem problem{2, DType::float32, name, 33, 1};
  FusionHarness harness(*fusion, problem);
  std::fill_n(harness.tensor("residual").begin(), 33 * 4, std::uint8_t{0});
  for (std::int64_t i = 0; i < 33; ++i) {
    const float value = i < 16 ? 0.0F : 1.0F;
    for (const int rank : {0, 1}) std::memcpy(harness.message(rank, i), &value, 4);
  }
  harness.run();
  EXPECT_LE(harness.check(), 1.0);
  const auto& quant = harness.tensor("quant_out");
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(quant[i], 0);
  EXPECT_NE(quant[16], 0);
  EXPECT_EQ(quant[16] >> 4, 0);
  EXPECT_EQ(harness.tensor("scale_out")[0], 0);
  EXPECT_EQ(harness.tensor("scale_out")[3], 0);

  harness.tensor("scale_out")[3] = 1;
  EXPECT_GT(harness.check(), 1.0) << "a padding scale that is not zero";
  harness.tensor("scale_out")[3] = 0;
  harness.tensor("quant_out")[16] |= 0x10;
  EXPECT_GT(harness.check(), 1.0) << "a padding value that is not zero";
}

TEST(Nvfp4, MakesTheScaleOfABlockWithANanNan) {
  const auto fusion = load_fusion(name);
  const Problem problem{2, DType::bfloat16, name, 64, 2};
  FusionHarness harness(*fusion, problem);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  row_kernels(DType::bfloat16).store(&nan, harness.message(0, 20), 1);
  harness.run();
  EXPECT_LE(harness.check(), 1.0);
  for (std::size_t block = 0; block < 4; ++block) EXPECT_EQ(harness.tensor("scale_out")[block], 0x7f);
  EXPECT_NE(harness.tensor("scale_out")[16], 0x7f) << "the other row";
}

}  // namespace
}  // namespace arbiter
