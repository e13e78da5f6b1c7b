// SPDX-License-Identifier: Apache-2.0
// e4m3 values whose scales depend on the data: one per token, or one per group of 128.
#include "rms_norm/fp8_scales.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <string_view>

#include <gtest/gtest.h>

#include "arbiter/host/number_formats.hpp"
#include "support/fusions_harness.hpp"

namespace arbiter {
namespace {

using test::FusionHarness;
using test::load_fusion;

constexpr const char* per_token = "RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8";
constexpr const char* per_group = "RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8";

constexpr GroupScaleLayout layouts[] = {GroupScaleLayout::row_major, GroupScaleLayout::column_major,
                                        GroupScaleLayout::tma_aligned, GroupScaleLayout::packed};
constexpr const char* layout_names[] = {"row_major", "column_major", "tma_aligned", "packed"};

TEST(GroupScales, OffsetsAreThoseOfTheirLayout) {
  const auto scales = [](GroupScaleLayout layout) { return GroupScales{layout, 5, 6}; };
  EXPECT_EQ(scales(GroupScaleLayout::row_major).offset(2, 3), (2 * 6 + 3) * 4);
  EXPECT_EQ(scales(GroupScaleLayout::row_major).bytes(), 5 * 6 * 4);
  EXPECT_EQ(scales(GroupScaleLayout::column_major).offset(2, 3), (3 * 5 + 2) * 4);
  EXPECT_EQ(scales(GroupScaleLayout::column_major).bytes(), 5 * 6 * 4);
  EXPECT_EQ(scales(GroupScaleLayout::tma_aligned).offset(2, 3), (3 * 8 + 2) * 4);
  EXPECT_EQ(scales(GroupScaleLayout::tma_aligned).bytes(), 8 * 6 * 4);
  EXPECT_EQ(scales(GroupScaleLayout::packed).offset(2, 3), 2 * 4 + 3);
  EXPECT_EQ(scales(GroupScaleLayout::packed).offset(2, 5), (8 + 2) * 4 + 1);
  EXPECT_EQ(scales(GroupScaleLayout::packed).columns(), 8U);
  EXPECT_EQ(scales(GroupScaleLayout::packed).bytes(), 2 * 8 * 4);
}

TEST(GroupScales, EveryLayoutGivesEachScaleAPlaceOfItsOwn) {
  for (const GroupScaleLayout layout : layouts) {
    const GroupScales scales{layout, 301, 9};
    const std::int64_t bytes = scales.packed() ? 1 : 4;
    std::set<std::int64_t> seen;
    for (std::uint32_t row = 0; row < 301; ++row) {
      for (std::uint32_t group = 0; group < scales.columns(); ++group) {
        const std::int64_t offset = scales.offset(row, group);
        EXPECT_TRUE(offset >= 0 && offset % bytes == 0 && offset + bytes <= scales.bytes());
        EXPECT_TRUE(seen.insert(offset).second) << row << " " << group;
      }
    }
  }
}

TEST(Fp8Scale, IsTheLargestOver448WithinItsBound) {
  EXPECT_FLOAT_EQ(device::fp8_scale(896.0F, smallest_token_scale), 2.0F);
  EXPECT_EQ(device::fp8_scale(0.0F, smallest_token_scale), smallest_token_scale);
  EXPECT_TRUE(std::isnan(device::fp8_scale(std::numeric_limits<float>::quiet_NaN(), smallest_group_scale)));
}

TEST(Fp8Scale, RoundsUpToPowersOfTwo) {
  EXPECT_EQ(device::rounded_up_to_power(1.0F), 1.0F);
  EXPECT_EQ(device::rounded_up_to_power(std::nextafter(1.0F, 2.0F)), 2.0F);
  EXPECT_EQ(device::rounded_up_to_power(0x1.8p-20F), 0x1p-19F);
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(device::rounded_up_to_power(std::numeric_limits<float>::max()), infinity);
  EXPECT_EQ(device::rounded_up_to_power(std::numeric_limits<float>::quiet_NaN()), infinity);
}

/// The scales of a harness, by token and group, and a way to replace one.
struct Scales {
  FusionHarness& harness;
  GroupScales layout;
  bool is_per_token;

  [[nodiscard]] std::uint8_t* at(std::uint32_t row, std::uint32_t group) const {
    const std::int64_t offset = is_per_token ? std::int64_t{row} * 4 : layout.offset(row, group);
    return &harness.tensor("scale_out")[static_cast<std::size_t>(offset)];
  }
  [[nodiscard]] double value(std::uint32_t row, std::uint32_t group) const {
    if (!is_per_token && layout.packed()) return static_cast<double>(e8m0_to_float(*at(row, group)));
    float scale = 0.0F;
    std::memcpy(&scale, at(row, group), sizeof(scale));
    return static_cast<double>(scale);
  }
  void multiply(std::uint32_t row, std::uint32_t group, float factor) const {
    if (!is_per_token && layout.packed()) {
      *at(row, group) = static_cast<std::uint8_t>(*at(row, group) + (factor > 1.0F ? 1 : -1));
      return;
    }
    const float scale = static_cast<float>(value(row, group)) * factor;
    std::memcpy(at(row, group), &scale, sizeof(scale));
  }
};

struct Form {
  const char* fusion;
  int layout;
};

class ComputedScales : public testing::TestWithParam<Form> {
 protected:
  static constexpr std::int64_t hidden_size = 300;
  static constexpr std::uint32_t num_tokens = 5;

  void SetUp() override { harness_.run(); }
  [[nodiscard]] bool is_per_token() const { return std::string_view(GetParam().fusion) == per_token; }
  [[nodiscard]] std::shared_ptr<Fusion> fusion() const {
    if (is_per_token()) return load_fusion(per_token);
    return load_fusion(per_group, "scale_layout", layout_names[GetParam().layout]);
  }
  [[nodiscard]] Scales scales() { return {harness_, {layouts[GetParam().layout], num_tokens, 3}, is_per_token()}; }
  [[nodiscard]] std::uint32_t group_of(std::size_t element) const {
    return is_per_token() ? 0U : static_cast<std::uint32_t>(element / 128);
  }
  /// Encodes the norm of a token again with the scales that stand there.
  void quantise_again(std::uint32_t row) {
    const std::vector<double> norm = harness_.values("norm_out");
    for (std::size_t i = 0; i < hidden_size; ++i) {
      const std::size_t element = row * hidden_size + i;
      harness_.tensor("quant_out")[element] =
          float_to_e4m3(static_cast<float>(norm[element] / scales().value(row, group_of(i))));
    }
  }

  std::shared_ptr<Fusion> fusion_ = fusion();
  FusionHarness harness_{*fusion_, {2, DType::bfloat16, GetParam().fusion, hidden_size, num_tokens}};
};

TEST_P(ComputedScales, DequantiseToTheNormWithinHalfAStep) {
  EXPECT_LE(harness_.check(), 1.0);
  const std::vector<double> norm = harness_.values("norm_out");
  const std::vector<double> quant = harness_.values("quant_out");
  for (std::uint32_t row = 0; row < num_tokens; ++row) {
    for (std::size_t i = 0; i < hidden_size; ++i) {
      const std::size_t element = row * hidden_size + i;
      const double scale = scales().value(row, group_of(i));
      // A sixteenth for e4m3 and a part for bf16, whose rounding of the norm quant_out lacks; below, the subnormals.
      EXPECT_NEAR(quant[element] * scale, norm[element], std::fabs(norm[element]) * 0.068 + scale * 0x1p-10) << element;
    }
  }
}

TEST_P(ComputedScales, FailWhenTheyAreTooLargeOrTooSmallThoughTheValuesFitThem) {
  const std::uint32_t groups = is_per_token() ? 1 : 3;
  for (const float factor : {1.02F, 0.98F}) {
    for (std::uint32_t group = 0; group < groups; ++group) {
      harness_.run();
      quantise_again(1);
      ASSERT_LE(harness_.check(), 1.0);
      scales().multiply(1, group, factor);
      quantise_again(1);
      EXPECT_GT(harness_.check(), 1.0) << group << " times " << factor;
    }
  }
}

TEST_P(ComputedScales, OfARowWithANanAreNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  row_kernels(DType::bfloat16).store(&nan, harness_.message(0, 2 * hidden_size + 20), 1);
  harness_.run();
  EXPECT_LE(harness_.check(), 1.0);
  EXPECT_TRUE(std::isnan(scales().value(2, 0)));
  EXPECT_FALSE(std::isnan(scales().value(1, 0))) << "another row";
}

TEST_P(ComputedScales, OfZerosAreTheSmallestAndTheirValuesZeros) {
  std::fill_n(harness_.tensor("residual").begin(), hidden_size * num_tokens * 2, std::uint8_t{0});
  for (const int rank : {0, 1}) std::memset(harness_.message(rank, 0), 0, hidden_size * num_tokens * 2);
  harness_.run();
  EXPECT_LE(harness_.check(), 1.0);
  const auto smallest = static_cast<double>(is_per_token() ? smallest_token_scale : smallest_group_scale);
  const bool packed = !is_per_token() && scales().layout.packed();
  EXPECT_EQ(scales().value(0, 0), packed ? 0x1p-33 : smallest);
  for (const double value : harness_.values("quant_out")) ASSERT_EQ(value, 0.0);
}

INSTANTIATE_TEST_SUITE_P(All, ComputedScales,
                         testing::Values(Form{per_token, 0}, Form{per_group, 0}, Form{per_group, 1}, Form{per_group, 2},
                                         Form{per_group, 3}),
                         [](const auto& test) {
                           return std::string_view(test.param.fusion) == per_token
                                      ? std::string("per_token")
                                      : std::string(layout_names[test.param.layout]);
                         });

TEST(PackedScales, FailWhenAGroupThatTheWordLacksIsNotZero) {
  const auto fusion = load_fusion(per_group);
  FusionHarness harness(*fusion, {2, DType::bfloat16, per_group, 300, 5});
  harness.run();
  ASSERT_LE(harness.check(), 1.0);
  EXPECT_EQ(harness.tensor("scale_out")[4 * 2 + 3], 0);
  harness.tensor("scale_out")[4 * 2 + 3] = 1;
  EXPECT_GT(harness.check(), 1.0);
}

TEST(PackedScales, LeaveTokensThatAColumnLacksAlone) {
  const auto fusion = load_fusion(per_group);
  FusionHarness harness(*fusion, {2, DType::bfloat16, per_group, 300, 5});
  harness.run();
  for (std::size_t i = 20; i < 32; ++i) EXPECT_EQ(harness.tensor("scale_out")[i], 0xff) << i;
}

TEST(GroupFp8, FailsItsCheckInAnotherLayout) {
  const auto row_major = load_fusion(per_group, "scale_layout", "row_major");
  const auto column_major = load_fusion(per_group, "scale_layout", "column_major");
  const Problem problem{2, DType::bfloat16, per_group, 300, 5};  // both layouts have the same size
  FusionHarness harness(*row_major, problem);
  harness.run(*column_major->host_epilogue(problem));
  EXPECT_GT(harness.check(), 1.0);
}

}  // namespace
}  // namespace arbiter
