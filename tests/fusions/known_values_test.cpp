// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include <gtest/gtest.h>

#include "support/fusions_harness.hpp"

namespace arbiter {
namespace {

using test::FusionHarness;
using test::load_fusion;

/// One fp32 row of four: sums 1, 2, 3, 4 plus residual 1, 0, -1, 2 is 2, 2, 2, 6, whose mean square is 12; gamma is 1,
/// 2, 3, 4.
class KnownRow {
 public:
  explicit KnownRow(const std::string& fusion, float scale = 1.0F, const std::string& parameter = "eps",
                    const std::string& value = "1e-30")
      : fusion_(load_fusion(fusion, parameter, value)), harness_(*fusion_, {2, DType::float32, fusion, 4, 1}) {
    set(harness_.message(0, 0), {0.5F, 1.5F, 3.0F, 1.0F});
    set(harness_.message(1, 0), {0.5F, 0.5F, 0.0F, 3.0F});
    if (fusion != "NONE") {
      set(harness_.tensor("residual").data(), {1.0F, 0.0F, -1.0F, 2.0F});
      set(harness_.tensor("gamma").data(), {1.0F, 2.0F, 3.0F, 4.0F});
    }
    for (const TensorSpec& spec : harness_.specs()) {
      if (spec.units == 1 && spec.role == TensorRole::input) {
        std::memcpy(harness_.tensor(spec.name).data(), &scale, sizeof(scale));
      }
    }
    harness_.run();
  }
  FusionHarness& harness() { return harness_; }

 private:
  static void set(void* to, const std::array<float, 4>& values) { std::memcpy(to, values.data(), sizeof(values)); }

  std::shared_ptr<Fusion> fusion_;
  FusionHarness harness_;
};

void expect_near(const std::vector<double>& actual, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], tolerance) << i;
}

const double root = std::sqrt(12.0);

TEST(KnownValues, NoneRoundsTheSum) {
  KnownRow row("NONE");
  expect_near(row.harness().values("reduced"), {1, 2, 3, 4}, 0.0);
}

TEST(KnownValues, ResidualRmsNorm) {
  KnownRow row("RESIDUAL_RMS_NORM");
  expect_near(row.harness().values("residual_out"), {2, 2, 2, 6}, 0.0);
  expect_near(row.harness().values("norm_out"), {2 / root, 4 / root, 6 / root, 24 / root}, 1e-6);
}

TEST(KnownValues, Fp8DividesByTheScaleAndSaturates) {
  // The norm over 0.0145 is 39.8, 79.6, 119.4, 477.8: the nearest e4m3 values are 40, 80, 120 and the largest, 448.
  KnownRow row("RESIDUAL_RMS_NORM_OUT_QUANT_FP8", 0.0145F);
  expect_near(row.harness().values("norm_out"), {2 / root, 4 / root, 6 / root, 24 / root}, 1e-6);
  expect_near(row.harness().values("quant_out"), {40, 80, 120, 448}, 0.0);
}

TEST(KnownValues, AWeightBiasIsAddedToGamma) {
  KnownRow row("RESIDUAL_RMS_NORM", 1.0F, "weight_bias", "1");
  expect_near(row.harness().values("norm_out"), {4 / root, 6 / root, 8 / root, 30 / root}, 1e-5);
}

TEST(KnownValues, DynamicFp8ScalesTheLargestOfTheTokenTo448) {
  // 24 / root / 448 is 0.015465; the norm over it is 37.3, 74.7, 112, 448.
  KnownRow row("RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8");
  expect_near(row.harness().values("norm_out"), {2 / root, 4 / root, 6 / root, 24 / root}, 1e-6);
  expect_near(row.harness().values("scale_out"), {24 / root / 448}, 1e-8);
  expect_near(row.harness().values("quant_out"), {36, 72, 112, 448}, 0.0);
}

TEST(KnownValues, PackedGroupScalesAreRoundedUpToPowersOfTwo) {
  // The same scale rounded up is 2^-6, of which the code is 121; the norm over it is 37.0, 73.9, 110.9, 443.4.
  KnownRow row("RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8");
  EXPECT_EQ(row.harness().tensor("scale_out")[0], 121);
  EXPECT_EQ(row.harness().tensor("scale_out")[1], 0) << "a group that the word lacks";
  expect_near(row.harness().values("quant_out"), {36, 72, 112, 448}, 0.0);
}

TEST(KnownValues, OtherGroupScalesAreNotRounded) {
  KnownRow row("RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8", 1.0F, "scale_layout", "row_major");
  expect_near(row.harness().values("scale_out"), {24 / root / 448}, 1e-7);
  expect_near(row.harness().values("quant_out"), {36, 72, 112, 448}, 0.0);
}

TEST(KnownValues, Nvfp4ScalesTheLargestToSix) {
  // 6.928 / 6 * 100 is 115.5, next to e4m3's 112 (0x6e); the norm times 100 / 112 is 0.515, 1.03, 1.55, 6.19.
  KnownRow row("RESIDUAL_RMS_NORM_QUANT_NVFP4", 100.0F);
  EXPECT_EQ(row.harness().tensor("scale_out")[0], 0x6e);
  EXPECT_EQ(row.harness().tensor("quant_out")[0], 0x21);  // 0.5, 1
  EXPECT_EQ(row.harness().tensor("quant_out")[1], 0x73);  // 1.5, 6
  EXPECT_LE(row.harness().check(), 1.0);
}

/// The reference of one row of a fusion with eps = 3 * 2^-20, a residual of 0 and gamma 1.
std::vector<ReferenceRow> reference_of(const std::string& name, DType dtype, const std::vector<double>& sum,
                                       const std::vector<double>& tolerance, float scale = 1.0F) {
  const auto fusion = load_fusion(name, "eps", "2.86102294921875e-06");
  const auto count = static_cast<std::int64_t>(sum.size());
  FusionHarness harness(*fusion, {2, dtype, name, count, 1});
  const std::vector<float> zeros(sum.size(), 0.0F);
  const std::vector<float> ones(sum.size(), 1.0F);
  row_kernels(dtype).store(zeros.data(), harness.tensor("residual").data(), count);
  row_kernels(dtype).store(ones.data(), harness.tensor("gamma").data(), count);
  for (const TensorSpec& spec : harness.specs()) {
    if (spec.name == "scale") std::memcpy(harness.tensor(spec.name).data(), &scale, sizeof(scale));
  }
  std::vector<ReferenceRow> outputs;
  fusion->reference_row(harness.problem(), harness.bindings(), 0, sum, tolerance, outputs);
  return outputs;
}

TEST(ReferenceSlack, OfTheResidualIsHowFarFp32MayRoundWithTheSumsSlack) {
  const double infinity = std::numeric_limits<double>::infinity();
  // The fp32 spacing halves below 1.
  const auto outputs = reference_of("RESIDUAL_RMS_NORM", DType::float32, {1.5, 1.5, 1.0, -1.0, 1.5, infinity},
                                    {1.25 * 0x1p-24, 0x1p-30, 1.25 * 0x1p-25, 1.25 * 0x1p-25, 1.25 * 0x1p-23, 0x1p-24});
  EXPECT_EQ(outputs.at(0).value, (std::vector<double>{1.5, 1.5, 1.0, -1.0, 1.5, infinity}));
  EXPECT_EQ(outputs.at(0).tolerance, (std::vector<double>{0x1p-23, 0x1p-30, 0x1p-24, 0x1p-24, 1.25 * 0x1p-23, 0.0}));
}

TEST(ReferenceSlack, OfTheNormCountsEps) {
  // Mean square 2^-20 and eps make 2^-18, so the scalar is 512. Of the roundings of four squares, 9 * 2^-24 in all,
  // a quarter counts beside eps and half of that after the root; four and two more roundings are the scalar's and the
  // element's.
  const auto outputs =
      reference_of("RESIDUAL_RMS_NORM", DType::float32, {0x1p-10, 0x1p-10, 0x1p-10, -0x1p-10}, {0.0, 0.0, 0.0, 0.0});
  expect_near(outputs.at(1).value, {0.5, 0.5, 0.5, -0.5}, 0.0);
  const double tolerance = 0.5 * (9.0 / 8.0 + 4.0 + 2.0) * 0x1p-24;
  expect_near(outputs.at(1).tolerance, {tolerance, tolerance, tolerance, tolerance}, 1e-12);
}

TEST(ReferenceSlack, OfTheNormIsBoundedByEpsWhereTheElementsMayAllBeZero) {
  // The scalar is 512, or 591.2067 without any squares.
  const auto outputs =
      reference_of("RESIDUAL_RMS_NORM", DType::float32, {0x1p-10, 0x1p-10, 0x1p-10, 0x1p-10}, {1.0, 1.0, 1.0, 1.0});
  expect_near(outputs.at(1).tolerance, std::vector<double>(4, 591.28415), 1e-4);
}

TEST(ReferenceSlack, OfAQuantisedNormHoldsItsRoundingToTheMessageDtype) {
  // bf16 is spaced 2^-8 at 0.5, half of which counts; the scale doubles it.
  const auto outputs = reference_of("RESIDUAL_RMS_NORM_QUANT_FP8", DType::bfloat16,
                                    {0x1p-10, 0x1p-10, 0x1p-10, -0x1p-10}, {0.0, 0.0, 0.0, 0.0}, 0.5F);
  expect_near(outputs.at(1).value, {1.0, 1.0, 1.0, -1.0}, 0.0);
  const double tolerance = 2.0 * (0x1p-9 + 0.5 * (9.0 / 8.0 + 4.0 + 2.0) * 0x1p-24) + 3.0 * 0x1p-24;
  expect_near(outputs.at(1).tolerance, {tolerance, tolerance, tolerance, tolerance}, 1e-12);
}

TEST(ReferenceSlack, OfAQuantisedNormTakesTheSpacingOfTheFarthestValue) {
  // The norm is 0.5, or 591.86 more: bf16 is spaced 4 there.
  const auto outputs = reference_of("RESIDUAL_RMS_NORM_QUANT_FP8", DType::bfloat16,
                                    {0x1p-10, 0x1p-10, 0x1p-10, 0x1p-10}, {1.0, 1.0, 1.0, 1.0});
  expect_near(outputs.at(1).tolerance, std::vector<double>(4, 593.8615), 1e-3);
}

}  // namespace
}  // namespace arbiter
